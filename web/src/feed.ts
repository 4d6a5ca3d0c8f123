/** One question about the cluster that is asked again and again while somebody looks at the answer. */
import { signal, type Signal } from '@preact/signals';
import { RequestFailure } from './api.ts';
import type { Received } from './state.ts';

export interface Feed<T> {
  readonly answer: Signal<Received<T> | undefined>;
  /** Why the last request failed; the last answer stays beside it. */
  readonly failure: Signal<string | undefined>;
  /** Asks if the answer is old enough. To be called every second while it is on show. */
  poll(): void;
  /** Something changed: the answer is old from now on. */
  expire(): void;
}

export interface FeedDeps<T> {
  /** Where the answer goes, if there is a place for it already. */
  readonly answer?: Signal<Received<T> | undefined>;
  readonly load: () => Promise<T>;
  /** What the question is about; an answer about something else is dropped at once. */
  readonly about?: () => string;
  /** Large answers are asked for less often. */
  readonly periodMs: (value: T) => number;
  /** Unix ms. */
  readonly now: () => number;
}

const RETRY_MS = 5000;
/** An agent without a mesh has no such answer, and gets none by being asked. */
const RETRY_MISSING_MS = 30_000;
/** However often something changes. */
const MIN_PERIOD_MS = 1000;
const NOT_FOUND = 404;

export function createFeed<T>(deps: FeedDeps<T>): Feed<T> {
  const answer = deps.answer ?? signal<Received<T> | undefined>(undefined);
  const failure = signal<string | undefined>(undefined);
  let askedAt = -Infinity;
  let dueAt = -Infinity;
  let asking = 0;
  let about = deps.about?.();
  const ask = async (): Promise<void> => {
    const asked = about;
    asking += 1;
    askedAt = deps.now();
    dueAt = Infinity;
    try {
      const value = await deps.load();
      if (asked !== about) return;
      answer.value = { value, receivedAt: deps.now() };
      failure.value = undefined;
      dueAt = Math.min(dueAt, askedAt + deps.periodMs(value));
    } catch (error) {
      if (asked !== about) return;
      const isMissing = error instanceof RequestFailure && error.status === NOT_FOUND;
      failure.value = error instanceof Error ? error.message : String(error);
      dueAt = askedAt + (isMissing ? RETRY_MISSING_MS : RETRY_MS);
    } finally {
      asking -= 1;
    }
  };
  const turn = (): void => {
    about = deps.about?.();
    [askedAt, dueAt] = [-Infinity, -Infinity];
    answer.value = undefined;
    failure.value = undefined;
    void ask();
  };
  return {
    answer,
    failure,
    poll() {
      if (deps.about?.() !== about) return turn();
      const now = deps.now();
      // A clock that was set back would make an answer young for ever.
      const isDue = now >= dueAt || now < askedAt;
      if (asking === 0 && isDue && Math.abs(now - askedAt) >= MIN_PERIOD_MS) void ask();
      return undefined;
    },
    expire() {
      dueAt = -Infinity;
    },
  };
}
