/** Reading the events from the Kubernetes API, while it is this agent's turn, and how that goes. */
import type { Clock } from '../../base/clock.ts';
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

/** An API server that is started anew is away for less. */
const FAULT_MS = 30_000;
/** Clocks of those who write events may be behind by as much. */
const SKEW_MS = 60_000;

export function createReading({ clock, source, record, coverage }: ReadingDeps): Reading {
  let followed: FollowedSource | undefined;
  let since = 0;
  /** When the list began that is under way, Unix ms. */
  let listingSince: number | undefined;
  /** When the first list began that was read in full, Unix ms. */
  let allSince: number | undefined;
  /** When it last was as the API has it, monotonic ms. */
  let currentAt = 0;

  const state = (): ReadingState | undefined => {
    if (followed === undefined) return undefined;
    const now = clock.monotonic();
    const said = followed.state();
    const isCurrent = said.kind === 'current' && allSince !== undefined;
    if (isCurrent) currentAt = now;
    const isOver = now - currentAt >= FAULT_MS || (said.kind === 'failing' && said.isRefused);
    const fault = said.kind === 'failing' ? said.why : 'the Kubernetes API does not answer';
    return { isCurrent, since, heardAt: followed.heardAt(), ...(isOver && { fault }) };
  };

  return {
    start() {
      if (followed !== undefined) return;
      [since, currentAt] = [clock.monotonic(), clock.monotonic()];
      [listingSince, allSince] = [undefined, undefined];
      const limit = (): number | undefined => (allSince === undefined ? undefined : allSince - SKEW_MS);
      followed = source.follow({
        onListed(events, isLast) {
          listingSince ??= clock.now();
          record.take(events, 'list', limit());
          if (!isLast) return;
          coverage.listed(listingSince);
          allSince ??= listingSince;
          listingSince = undefined;
        },
        onWatched(events) {
          record.take(events, 'watch', limit());
        },
      });
    },
    stop() {
      followed?.stop();
      followed = undefined;
    },
    state() {
      const now = state();
      if (now?.isCurrent === true && now.heardAt !== undefined)
        coverage.extend(clock.now() - (clock.monotonic() - now.heardAt));
      return now;
    },
  };
}
