/** The agents of a soak: started, ended, frozen, and watched for an end that nobody caused. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FEW_CHECKS, createAgentCluster } from '../../test/lab/lib/agents.ts';
import type { Lab, LabHost, LabProcess } from '../../test/lab/lib/lab/types.ts';

export interface Crash {
  readonly name: string;
  readonly what: string;
  /** The end of its output. */
  readonly output: string;
}

export interface Herd {
  readonly lab: Lab;
  readonly names: readonly string[];
  /** Never ended, so that there is something to measure over the whole time. */
  readonly spared: readonly string[];
  /** Resolves when they answer, or were given up: see `onCrash`. Who runs is left alone. */
  start(names: readonly string[]): Promise<void>;
  /** Resolves when they have ended. */
  end(names: readonly string[], signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  freeze(names: readonly string[]): void;
  thaw(names: readonly string[]): void;
  powerOff(name: string): Promise<void>;
  /** Nothing happens to hosts that are on. */
  powerOn(names: readonly string[]): Promise<unknown>;
  /** Of an agent that does not run. */
  deleteDatabase(name: string): void;
  /** Whoever answers, were he asked: running, not frozen. */
  awake(): readonly LabHost[];
  /** Undefined: it does not run. */
  process(name: string): HerdProcess | undefined;
  /** From now on an end is no crash. */
  close(): void;
}

export interface HerdProcess {
  readonly pid: number;
  /** Counts the starts of this agent. */
  readonly start: number;
}

export interface HerdDeps {
  /** An agent ended by itself, or did not start. */
  readonly onCrash: (crash: Crash) => void;
  /** For agents of which heap snapshots are taken. */
  readonly env?: Readonly<Record<string, string>>;
}

/** More would only wait for the CPU. */
const STARTS_AT_ONCE = 4;
const READY_WITHIN_MS = 120_000;
const END_WITHIN_MS = 20_000;
/** One in so many, but not fewer than two. */
const SPARED_OF = 8;
const TAIL = 4000;
/** Nobody runs yet. */
export function createHerd(lab: Lab, deps: HerdDeps): Herd {
  const names = lab.hosts.map(({ name }) => name);
  // Not the first ones: they are the seeds of all others, and have to go down too.
  const spared = names.slice(-Math.max(2, Math.floor(names.length / SPARED_OF)));
  const cluster = createAgentCluster(lab.hosts);
  const running = new Map<string, LabProcess>();
  const starts = new Map<string, number>();
  const frozen = new Set<string>();

  const startOne = async (name: string): Promise<void> => {
    starts.set(name, (starts.get(name) ?? 0) + 1);
    const options = { bundled: true, timeoutMs: READY_WITHIN_MS, ...(deps.env !== undefined && { env: deps.env }) };
    try {
      const own = await cluster.start(lab.host(name), FEW_CHECKS, options);
      running.set(name, own);
      void own.ended.then(({ code, signal }) => {
        if (running.get(name) !== own) return;
        running.delete(name);
        deps.onCrash({ name, what: `ended by itself with ${code ?? signal}`, output: own.output().slice(-TAIL) });
      });
    } catch (error) {
      deps.onCrash({ name, what: 'did not start', output: String(error).slice(-TAIL) });
    }
  };
  const endOne = async (name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const own = running.get(name);
    running.delete(name);
    frozen.delete(name);
    if (signal === 'SIGTERM') await own?.stop(END_WITHIN_MS);
    else own?.kill(signal);
    await Promise.race([own?.ended, sleep(END_WITHIN_MS, undefined, { ref: false })]);
  };
  return {
    lab,
    names,
    spared,
    async start(which) {
      const waiting = which.filter((name) => !running.has(name));
      const worker = async (): Promise<void> => {
        for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await startOne(name);
      };
      await Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker));
    },
    end: async (which, signal) => void (await Promise.all(which.map((name) => endOne(name, signal)))),
    freeze(which) {
      for (const name of which) {
        if (!running.has(name)) continue;
        frozen.add(name);
        running.get(name)?.freeze();
      }
    },
    thaw(which) {
      for (const name of which) {
        running.get(name)?.thaw();
        frozen.delete(name);
      }
    },
    async powerOff(name) {
      running.delete(name);
      frozen.delete(name);
      await lab.host(name).powerOff();
    },
    powerOn: (which) => Promise.all(which.map((name) => lab.host(name).powerOn())),
    deleteDatabase(name) {
      for (const end of ['', '-wal', '-shm'])
        rmSync(join(lab.host(name).directory, `history.db${end}`), { force: true });
    },
    awake: () => lab.hosts.filter(({ name }) => running.has(name) && !frozen.has(name)),
    close: () => running.clear(),
    process(name) {
      const own = running.get(name);
      return own === undefined ? undefined : { pid: own.pid, start: starts.get(name) ?? 0 };
    },
  };
}
