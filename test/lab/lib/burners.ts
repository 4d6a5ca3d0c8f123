/** Busy loops that keep the processors of this machine from everybody else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CALM_PROC } from './lab/boot.ts';
import { setShare } from './lab/weight.ts';
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

/** What a host gets of the machine that it shares, so that the others do not feel it: it has processors of its own. */
const SHARE = 0.1;

/** Within the host alone. */
export async function startBurnersOn(host: LabHost, tasksPerCpu: number, seconds: number): Promise<Burners> {
  const count = tasksPerCpu * availableParallelism();
  const args = ['-c', LOOP, String(seconds)];
  setShare(host.cgroup, SHARE);
  const burners = await Promise.all(Array.from({ length: count }, () => host.start('bash', args)));
  return {
    async stop() {
      setShare(host.cgroup, 1);
      for (const one of burners) one.kill('SIGKILL');
      await Promise.all(burners.map(({ ended }) => ended));
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
