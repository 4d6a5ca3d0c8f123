/** Worker processes that run seeds side by side. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Order, Verdict } from './worker.ts';

export interface CrewOptions {
  readonly seeds: readonly number[];
  readonly workers: number;
  /** Make what fails smaller. */
  readonly shrink: boolean;
  /** The worker's source; another one in a copy of the tree. */
  readonly worker?: URL;
  /** True: the rest need not be run. */
  readonly onVerdict: (verdict: Verdict) => boolean | undefined;
}

const WORKER = new URL('./worker.ts', import.meta.url);

/** @throws {Error} when a worker ends early */
export async function runSeeds({ seeds, workers, shrink, worker = WORKER, onVerdict }: CrewOptions): Promise<void> {
  const left = [...seeds];
  const crew = Array.from({ length: Math.min(workers, seeds.length) }, () => fork(worker, { execArgv: [] }));
  try {
    await Promise.all(crew.map((child) => work(child, left, shrink, onVerdict)));
  } finally {
    for (const child of crew) child.kill();
  }
}

function work(
  child: ChildProcess,
  left: number[],
  shrink: boolean,
  onVerdict: CrewOptions['onVerdict'],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = left.shift();
      if (seed === undefined) return resolve();
      const order: Order = { seed, shrink };
      child.send(order);
    };
    child.on('message', (verdict: Verdict) => {
      if (onVerdict(verdict) === true) left.length = 0;
      next();
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
    next();
  });
}
