/**
 * Finds connections whose way is gone though neither side was told: a black hole, a firewall that forgot them. TCP would
 * notice after a quarter of an hour, and only while something is written. Probes over UDP may well be answered meanwhile.
 * Two rounds without an answer have to follow each other, because one is what a stalled event loop looks like.
 */
import type { Clock } from '../../../base/clock.ts';

const PERIOD_MS = 15_000;
const ANSWER_MS = 10_000;
const ROUNDS = 2;

export interface LivenessDeps<C> {
  readonly clock: Clock;
  readonly connections: () => readonly C[];
  /** Rejects when the signal is aborted before an answer came. */
  readonly ping: (connection: C, signal: AbortSignal) => Promise<unknown>;
  readonly close: (connection: C) => void;
}

/** Returns how to stop. */
export function watchLiveness<C extends object>({ clock, connections, ping, close }: LivenessDeps<C>): () => void {
  const misses = new WeakMap<C, number>();
  const looking = new Set<AbortController>();
  let isStopped = false;
  const look = async (connection: C): Promise<void> => {
    const late = new AbortController();
    looking.add(late);
    const cancel = clock.after(ANSWER_MS, () => late.abort());
    try {
      await ping(connection, late.signal);
      misses.delete(connection);
    } catch {
      // Other failures are of a connection that is closing anyway.
      if (!late.signal.aborted || isStopped) return;
      const missed = (misses.get(connection) ?? 0) + 1;
      misses.set(connection, missed);
      if (missed >= ROUNDS) close(connection);
    } finally {
      cancel();
      looking.delete(late);
    }
  };
  const stopRounds = clock.every(PERIOD_MS, () => {
    for (const connection of connections()) void look(connection);
  });
  return () => {
    stopRounds();
    isStopped = true;
    for (const late of looking) late.abort();
  };
}
