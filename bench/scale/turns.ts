/**
 * What agents cost in CPU of this machine while virtual time stands still: a turn of an agent is all that runs without a
 * pause once something has arrived for it or a timer of it has fired, with the promises that settle then. Garbage is not
 * counted: the heap that is collected is that of the whole simulation. A turn most of which was garbage is left out, for
 * it begins anew with cold caches, and what is left of it is a small difference of large figures.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';
import type { VirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';

export interface Turns {
  /** The same process; what runs in it counts as the agent's. */
  observed(agent: VirtualProcess): VirtualProcess;
  /** The turn that may be under way is over. */
  end(): void;
  /** Counts anew. */
  reset(): void;
  /** CPU of all observed agents together since then with their garbage, ms. */
  totalMs(): number;
  /** The longest turns since then, ms, the longest first. */
  longest(): readonly number[];
}

/** Also those that were long only because of garbage. */
const KEPT = 256;

/** Times of {@link performance}, ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Turn extends Span {
  readonly cpuMs: number;
}

export function createTurns(): Turns {
  let startedAt: { readonly cpuMs: number; readonly at: number } | undefined;
  let total = 0;
  let longest: Turn[] = [];
  let pauses: Span[] = [];
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) pauses.push({ from: startTime, to: startTime + duration });
  }).observe({ entryTypes: ['gc'] });
  const begin = (): void => void (startedAt ??= { cpuMs: cpuMs(), at: performance.now() });
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
      const turn = { cpuMs: cpuMs() - startedAt.cpuMs, from: startedAt.at, to: performance.now() };
      startedAt = undefined;
      total += turn.cpuMs;
      if (longest.length === KEPT && turn.cpuMs <= (longest.at(-1)?.cpuMs ?? 0)) return;
      longest = [...longest, turn].sort((a, b) => b.cpuMs - a.cpuMs).slice(0, KEPT);
    },
    reset() {
      total = 0;
      longest = [];
      pauses = [];
    },
    totalMs: () => total,
    longest: () => longest.flatMap((turn) => withoutPauses(turn, pauses) ?? []).sort((a, b) => b - a),
  };
}

/** The share of the pauses in the time on the clock is taken from the CPU. Undefined where that is most of it. */
function withoutPauses({ cpuMs, from, to }: Turn, pauses: readonly Span[]): number | undefined {
  const paused = pauses.reduce((sum, one) => sum + Math.max(0, Math.min(to, one.to) - Math.max(from, one.from)), 0);
  const share = to > from ? paused / (to - from) : 0;
  return share > 0.5 ? undefined : cpuMs * (1 - share);
}
