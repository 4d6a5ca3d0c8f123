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
  /** Why it is not current: a clause. */
  readonly why?: string;
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
/** Beyond the longest watch; what a broken one does not tell is told by whoever takes over. */
const LATE_MS = 30_000;
/** Of a watch where nobody says otherwise. */
const QUIET_MS = 60_000;
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
  /** When anything was handed over: a list is as good a sign of life as a watch, and lasts for minutes. */
  let takenAt = -Infinity;

  const take = (events: readonly ClusterEvent[], how: 'listed' | 'watched'): void => {
    goodAt = clock.monotonic();
    takenAt = goodAt;
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
      const { completeSinceMs, heardAtMs, quietMs = QUIET_MS, isWaiting = false, ...told } = followed.state();
      const silentMs = heardAtMs === undefined ? 0 : now - Math.max(heardAtMs, takenAt);
      const isSilent = silentMs > quietMs + LATE_MS;
      const isCurrent = completeSinceMs !== undefined && allSince !== undefined && !isSilent;
      if (isCurrent || isWaiting) goodAt = now;
      // What is listed meanwhile comes in no order of time.
      if (isCurrent && heardAtMs !== undefined) coverage.extend(clock.now() - (now - heardAtMs));
      const { why = 'the Kubernetes API does not answer' } = told;
      const fault = isSilent ? `the Kubernetes API has said nothing for ${formatDuration(silentMs)}` : why;
      const isFailing = isSilent || now - goodAt >= FAULT_MS;
      return {
        isCurrent,
        since,
        heardAt: heardAtMs,
        ...(isFailing && { fault }),
        ...(!isCurrent && { why: fault }),
      };
    },
  };
}
