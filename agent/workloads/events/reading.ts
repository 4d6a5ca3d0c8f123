/** Reading the events from the Kubernetes API, while it is this agent's turn, and how that goes. */
import type { Clock } from '../../base/clock.ts';
import type { ClusterEvent } from '../../model/cluster-event.ts';
import { formatDuration } from '../../model/text.ts';
import type { Coverage } from './coverage.ts';
import type { EventRecord } from './record.ts';
import type { EventSource, FollowedSource } from './source.ts';

export interface Reading {
  /** Lists and watches from now on. */
  start(): void;
  stop(): void;
  /** Undefined: it does not read. */
  state(): ReadingState | undefined;
}

export interface ReadingState {
  /** All was listed, and is watched. */
  readonly isCurrent: boolean;
  /** It should have worked by now: why not. */
  readonly fault?: string;
  /** Since when it reads, monotonic ms. */
  readonly since: number;
  /** When the API last said anything, monotonic ms. */
  readonly heardAt: number | undefined;
}

export interface ReadingDeps {
  readonly clock: Clock;
  readonly source: EventSource;
  readonly record: Pick<EventRecord, 'take'>;
  readonly coverage: Coverage;
}

/** Who reads has tried again by then, and an API server that is started anew is away for less. */
const FAULT_MS = 20_000;
/** A watch is begun anew every minute at least, and what a broken one does not tell is told by whoever takes over. */
const SILENT_MS = 90_000;
/** Clocks of those who write events may be behind by as much. */
const SKEW_MS = 60_000;

export function createReading({ clock, source, record, coverage }: ReadingDeps): Reading {
  let followed: FollowedSource | undefined;
  let since = 0;
  /** When the list began that is under way, Unix ms. */
  let listingSince: number | undefined;
  /** When the first list began that was read in full, Unix ms. */
  let allSince: number | undefined;
  /** When it was last seen to work, monotonic ms. */
  let goodAt = 0;

  const take = (events: readonly ClusterEvent[], how: 'listed' | 'watched'): void => {
    goodAt = clock.monotonic();
    if (how === 'listed') listingSince ??= clock.now();
    record.take(events, how === 'listed' ? 'list' : 'watch', allSince === undefined ? undefined : allSince - SKEW_MS);
  };

  return {
    start() {
      if (followed !== undefined) return;
      [since, goodAt] = [clock.monotonic(), clock.monotonic()];
      [listingSince, allSince] = [undefined, undefined];
      followed = source({
        onEvents: take,
        onListed() {
          const at = listingSince ?? clock.now();
          coverage.listed(at);
          allSince ??= at;
          listingSince = undefined;
        },
        onChange: () => {},
      });
    },
    stop() {
      followed?.stop();
      followed = undefined;
    },
    state() {
      if (followed === undefined) return undefined;
      const now = clock.monotonic();
      const { completeSinceMs, heardAtMs, why = 'the Kubernetes API does not answer' } = followed.state();
      const silentMs = now - (heardAtMs ?? now);
      const isSilent = silentMs > SILENT_MS;
      const isCurrent = completeSinceMs !== undefined && allSince !== undefined && !isSilent;
      if (isCurrent) goodAt = now;
      if (isCurrent && heardAtMs !== undefined) coverage.extend(clock.now() - silentMs);
      const fault = isSilent ? `the Kubernetes API has said nothing for ${formatDuration(silentMs)}` : why;
      return { isCurrent, since, heardAt: heardAtMs, ...((isSilent || now - goodAt >= FAULT_MS) && { fault }) };
    },
  };
}
