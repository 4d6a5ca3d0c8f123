/** Busy loops that keep the processors of this machine from everybody else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CALM_PROC } from './lab/boot.ts';
import { limitCpus } from './lab/weight.ts';
import type { LabHost, ProcFile } from './lab/types.ts';

export interface Burners {
  stop(): Promise<void>;
}

/** They end with this process, however that ends, and after so long at the latest. */
const LOOP = 'end=$((SECONDS + $0)); while [ $SECONDS -lt $end ]; do :; done';

/** As urgent as anything else on the machine, and beside all control groups. */
export function startBurners(tasksPerCpu: number, seconds: number): Burners {
  const count = tasksPerCpu * availableParallelism();
  const burners: ChildProcess[] = Array.from({ length: count }, () =>
    spawn('bash', ['-c', LOOP, String(seconds)], { stdio: 'ignore' }),
  );
  const kill = (): void => burners.forEach((one) => one.kill('SIGKILL'));
  const ended = Promise.all(burners.map((one) => new Promise((done) => one.once('exit', done))));
  process.once('exit', kill);
  return {
    async stop() {
      kill();
      await ended;
      process.off('exit', kill);
    },
  };
}

/** The processors of one host, of which the others' do not feel that they are busy. */
const OWN_CPUS = 0.6;
/** What a host reads whose every processor has had twelve tasks for some minutes. See proc(5) and Documentation/accounting/psi.rst. */
const SATURATED: Readonly<Partial<Record<ProcFile, string>>> = {
  loadavg: `${[12, 12, 8].map((tasks) => (tasks * availableParallelism()).toFixed(2)).join(' ')} 24/400 9999\n`,
  'pressure/cpu':
    'some avg10=90.00 avg60=85.00 avg300=50.00 total=90000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
};

/** On processors of the host's own. The kernel has these figures of the machine alone: the host is given its own. */
export async function startBurnersOn(host: LabHost, tasks: number, seconds: number): Promise<Burners> {
  limitCpus(host.cgroup, OWN_CPUS);
  const args = ['-c', LOOP, String(seconds)];
  const burners = await Promise.all(Array.from({ length: tasks }, () => host.start('bash', args)));
  const files = Object.keys(SATURATED) as ProcFile[];
  for (const file of files) host.setProc(file, SATURATED[file] ?? '');
  return {
    async stop() {
      for (const one of burners) one.kill('SIGKILL');
      await Promise.all(burners.map(({ ended }) => ended));
      for (const file of files) host.setProc(file, CALM_PROC[file]);
      limitCpus(host.cgroup);
    },
  };
}

const FILES: readonly ProcFile[] = ['loadavg', 'pressure/cpu', 'pressure/io', 'pressure/memory'];

export interface Mirror {
  /** The highest so far: tasks to each processor, and the share of the last minute in which one waited. */
  peak(): { readonly tasksPerCpu: number; readonly waited: number };
  /** The hosts are as calm as after a boot again. */
  stop(): Promise<void>;
}

/** From now on the hosts read of their load what the machine itself reads: they share its processors. */
export function mirrorLoad(hosts: readonly LabHost[]): Mirror {
  const over = new AbortController();
  let [tasksPerCpu, waited] = [0, 0];
  const copy = (): void => {
    for (const file of FILES) {
      const text = readFileSync(`/proc/${file}`, 'utf8');
      for (const host of hosts) host.setProc(file, text);
      if (file === 'loadavg') tasksPerCpu = Math.max(tasksPerCpu, Number.parseFloat(text) / availableParallelism());
      if (file === 'pressure/cpu') waited = Math.max(waited, Number(/avg60=([\d.]+)/.exec(text)?.[1]) / 100);
    }
  };
  const copying = (async () => {
    while (!over.signal.aborted) {
      copy();
      await sleep(1000);
    }
  })();
  return {
    peak: () => ({ tasksPerCpu, waited }),
    async stop() {
      over.abort();
      await copying;
      for (const file of FILES) for (const host of hosts) host.setProc(file, CALM_PROC[file]);
    },
  };
}
