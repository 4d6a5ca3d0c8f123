/** A bound on what is under way at once. */
import { systemError } from './system-error.ts';

export type Gate = <T>(path: string, work: () => Promise<T>) => Promise<T>;

/** At most `limit` at a time, the others in order; EBUSY when `maxWaiting` wait already. */
export function createGate(limit: number, maxWaiting: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (path, work) => {
    if (running < limit) running += 1;
    else if (waiting.length < maxWaiting) await new Promise<void>((resolve) => void waiting.push(resolve));
    else throw systemError('EBUSY', `${maxWaiting} accesses wait for the host's disk, so ${path} is not read`);
    try {
      return await work();
    } finally {
      // The slot goes straight to the next one, so that nobody overtakes it.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
