/** Removes containers that a probe made and could not remove: it was killed, or the runtime hung. */
import { EngineError } from '../../../checks/lib/engine-error.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import type { Made, Maker } from './runtime.ts';

/** Another agent's container lives for seconds; one that is older was left behind. */
const FOREIGN_LEFTOVER_MS = 60_000;
/** How long a container of a failed run is looked after. */
const CLEAN_UP_LIMIT_MS = 10_000;
/** Leftovers that cannot be removed do not keep a new probe from running, … */
const REMOVE_LIMIT_MS = 1000;
/** … until there are so many of them that it would only add to the heap. */
const MAX_LEFTOVERS = 10;

/** True for what nobody will remove any more: our own from before, or anybody's that is old. */
export const isLeftover = (container: Made, instance: string, now: number): boolean =>
  container.instance === instance || now - container.createdAt > FOREIGN_LEFTOVER_MS;

export interface SweepOptions {
  readonly instance: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Call it only while no probe of this instance runs. Rejects when the runtime does not list what probes made, or as
 * {@link removeLeftovers}.
 */
export async function sweep(maker: Maker, options: SweepOptions): Promise<void> {
  await removeLeftovers(maker, await maker.made(options.signal), options);
}

/** Rejects when more than ten cannot be removed; fewer are left to the next time. */
export async function removeLeftovers(
  maker: Maker,
  made: readonly Made[],
  { instance, clock, signal }: SweepOptions,
): Promise<void> {
  const leftovers = made.filter((one) => isLeftover(one, instance, clock.now()));
  if (leftovers.length === 0) return;
  // All at once: one that hangs does not keep the others.
  const left = await within(REMOVE_LIMIT_MS, clock, signal, async (bound) => {
    const removals = await Promise.allSettled(leftovers.map(({ id }) => maker.remove(id, bound)));
    const isStuck = (one: PromiseSettledResult<void>): boolean =>
      one.status === 'rejected' && one.reason instanceof EngineError && one.reason.failure !== 'aborted';
    return removals.filter(isStuck).length;
  });
  if (left > MAX_LEFTOVERS) throw new EngineError('error', `${left} containers of earlier probes cannot be removed`);
}

/** Removes containers in the background. */
export interface Cleaner {
  remove(maker: Maker, name: string): void;
  /** Resolves when nothing is being removed any more. */
  idle(): Promise<void>;
}

/** What it cannot remove within 10 s is left to the next sweep. */
export function createCleaner(clock: Clock): Cleaner {
  const tasks = new Set<Promise<void>>();
  const never = new AbortController().signal;
  return {
    remove(maker, name) {
      const task = within(CLEAN_UP_LIMIT_MS, clock, never, (signal) => maker.remove(name, signal))
        .catch(() => {})
        .finally(() => tasks.delete(task));
      tasks.add(task);
    },
    idle: async () => {
      await Promise.all(tasks);
    },
  };
}
