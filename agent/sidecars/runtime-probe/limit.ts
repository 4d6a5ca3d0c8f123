/** A bound on a piece of work. */
import type { Clock } from '../../base/clock.ts';

/** A deadline that fires this much too late says that this process stood still, and nothing about the runtime. */
const AWAY_MS = 500;

/**
 * Runs `work` with a signal that is aborted after `limitMs`, with a TimeoutError as its reason, or together with
 * `parent`. The work ends with its signal: nothing here gives up on it.
 */
export async function within<T>(
  limitMs: number,
  clock: Clock,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const startedAt = clock.monotonic();
  const cancel = clock.after(limitMs, () => {
    const lateMs = clock.monotonic() - startedAt - limitMs;
    controller.abort(
      lateMs > AWAY_MS
        ? new Error(`the runtime probe itself stood still for ${(lateMs / 1000).toFixed(1)} s`)
        : new DOMException('the deadline passed', 'TimeoutError'),
    );
  });
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener('abort', follow, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    cancel();
    parent.removeEventListener('abort', follow);
  }
}

/** Resolves when the signal is aborted. */
export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
