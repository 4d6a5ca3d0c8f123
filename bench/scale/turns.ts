/**
 * What agents cost in CPU of this machine while virtual time stands still: a turn of an agent is all that runs without a
 * pause once something has arrived for it or a timer of it has fired, with the promises that settle then.
 */
import process from 'node:process';
import type { VirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';

export interface Turns {
  /** The same process; what runs in it counts as the agent's. */
  observed(agent: VirtualProcess): VirtualProcess;
  /** The turn that may be under way is over. */
  end(): void;
  /** Counts anew. */
  reset(): void;
  /** CPU of all observed agents together since then, ms. */
  totalMs(): number;
  /** The longest turns since then, ms, the longest first. */
  longest(): readonly number[];
}

const KEPT = 16;

export function createTurns(): Turns {
  let startedAt: number | undefined;
  let total = 0;
  let longest: number[] = [];
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const begin = (): void => void (startedAt ??= cpuMs());
  const wrap =
    (action: () => void): (() => void) =>
    () => {
      begin();
      action();
    };
  return {
    observed: (agent) => ({
      ...agent,
      run: (action) => agent.run(wrap(action)),
      clock: {
        ...agent.clock,
        after: (delayMs, action) => agent.clock.after(delayMs, wrap(action)),
        every: (periodMs, action) => agent.clock.every(periodMs, wrap(action)),
        sleep(delayMs, signal) {
          const woken = agent.clock.sleep(delayMs, signal);
          // The turn begins when whoever slept goes on.
          return woken.then(begin);
        },
      },
    }),
    end() {
      if (startedAt === undefined) return;
      const tookMs = cpuMs() - startedAt;
      startedAt = undefined;
      total += tookMs;
      if (longest.length === KEPT && tookMs <= (longest.at(-1) ?? 0)) return;
      longest = [...longest, tookMs].sort((a, b) => b - a).slice(0, KEPT);
    },
    reset() {
      total = 0;
      longest = [];
    },
    totalMs: () => total,
    longest: () => longest,
  };
}
