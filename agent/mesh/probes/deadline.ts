/** A deadline that blames nobody for this process' own pauses. */
import type { Clock } from '../../base/clock.ts';

/** A timer this late means that the process stood still; what it waited for may lie in a socket's buffer. */
export const LATE_MS = 200;
/** So many pauses are forgiven one deadline: a process that is late every time must not wait for ever. */
export const MAX_PAUSES = 5;

/**
 * Runs `expire` after `delayMs`, at the earliest one turn of the event loop later: by then an answer that waits in the
 * kernel was read, and whoever read it has called the deadline off. A late timer starts anew. Returns how to call it off.
 */
export function startDeadline(
  clock: Pick<Clock, 'after' | 'monotonic'>,
  delayMs: number,
  expire: () => void,
): () => void {
  let cancel: () => void = () => {};
  let starts = 0;
  const wait = (ms: number, next: () => void): void => {
    const dueAt = clock.monotonic() + ms;
    cancel = clock.after(ms, () => {
      if (clock.monotonic() - dueAt > LATE_MS && starts < MAX_PAUSES) start();
      else next();
    });
  };
  const start = (): void => {
    starts += 1;
    // A timer set while timers run never runs before the loop has polled its sockets once more.
    wait(delayMs, () => wait(0, expire));
  };
  start();
  return () => cancel();
}
