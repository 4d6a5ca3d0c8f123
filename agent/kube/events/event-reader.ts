/**
 * Reads all Events of the cluster: lists them in pages, then watches them, and hands over whatever comes. There may be fifty
 * thousand, so nothing is kept here. What is listed anew was seen before, mostly: whoever counts goes by uid and count.
 *
 * API servers keep no Events in memory: each list and each watch goes to etcd, and there are no bookmarks. So few may read,
 * and a watch is begun anew every half minute or so: that it ends as agreed is the only sign of life in a quiet cluster.
 */
import type { Clock } from '../../base/clock.ts';
import type { ClusterEvent } from '../../model/cluster-event.ts';
import type { Answer } from '../api/answer.ts';
import type { KubeClient } from '../api/client.ts';
import { type FollowState, startFollowing } from '../api/follow.ts';
import type { Rights } from '../rights.ts';
import { readEvent } from './event.ts';

export interface EventHooks {
  /** At most {@link EVENT_PAGE}; of a list also those that were handed over before. */
  readonly onEvents: (events: readonly ClusterEvent[], how: 'listed' | 'watched') => void;
  /** All that there is was handed over. */
  readonly onListed: () => void;
  /** What {@link EventReader.state} says is something else. */
  readonly onChange: () => void;
}

export interface EventReaderState {
  /** All that was written since then was handed over, or will be in a moment; monotonic ms. Undefined: not now. */
  readonly completeSinceMs?: number;
  /** When the API last said anything, monotonic ms; undefined: never. */
  readonly heardAtMs?: number;
  /** Why it is not complete now: a clause. */
  readonly why?: string;
  /** It has not begun, because others ask before it. */
  readonly isWaiting?: boolean;
  /** For how long the API may say nothing at most while all is well, ms; undefined: not known yet. */
  readonly quietMs?: number;
}

export interface EventReader {
  state(): EventReaderState;
  /** Lists all anew, for whoever has missed something. */
  relist(): void;
  stop(): void;
}

export interface EventReaderDeps {
  readonly client: Pick<KubeClient, 'get' | 'watch'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rights: Rights;
  /** After how long a watch is begun anew, or up to twice that, ms. */
  readonly watchMs: () => number;
  /** So long it waits before it begins, ms. */
  readonly beginAfterMs: number;
}

const RIGHT = 'list and watch events';
/** An Event is about a KiB. */
export const EVENT_PAGE = 500;
/** Half a million: more than etcd holds of anything. */
const MAX_PAGES = 1000;
/** So many come at once, which is all of most clusters; then one a second: of 50,000 Events the last comes after 90 s. */
const PAGES_AT_ONCE = 10;
export const PAGE_PAUSE_MS = 1000;
/** A watch that lost something would go unnoticed. Events live for an hour. */
const RESYNC_MS = 30 * 60_000;
/** Where a watch broke off something may be lost, and an API server that comes and goes is not to be asked for all each time. */
export const RELIST_MS = 30_000;
export const RELIST_PAGE_MS = 3000;
/** What was written in a gap as long as this is still there after it: the API keeps Events for an hour, or as its operator says. */
const HARMLESS_GAP_MS = 10 * 60_000;
/** A list that follows at once on a version that is too old is no gap to speak of. */
const GRACE_MS = 20_000;

/** Begins after its delay. */
export function startEventReader(hooks: EventHooks, deps: EventReaderDeps): EventReader {
  const { clock, rights } = deps;
  let pages = 0;
  /** Since when, if ever, nothing can be missing. */
  let sinceMs: number | undefined;
  /** When the list under way began. */
  let listingMs = 0;
  /** Since when something may be missing; undefined: nothing is. */
  let unsureMs: number | undefined = clock.monotonic();
  let cancelGrace = (): void => {};
  /** Of the last watch. */
  let quietMs: number | undefined;
  let isStopped = false;

  const watchMs = (): number => {
    const ms = deps.watchMs();
    quietMs = 2 * ms;
    return ms;
  };
  const isComplete = (): boolean =>
    sinceMs !== undefined && (unsureMs === undefined || clock.monotonic() - unsureMs < GRACE_MS);
  const doubt = (): void => {
    if (unsureMs !== undefined) return;
    unsureMs = clock.monotonic();
    cancelGrace();
    cancelGrace = clock.after(GRACE_MS, hooks.onChange);
  };
  const trust = (): void => {
    const gapMs = clock.monotonic() - (unsureMs ?? clock.monotonic());
    if (sinceMs === undefined || gapMs > HARMLESS_GAP_MS) sinceMs = listingMs;
    unsureMs = undefined;
    cancelGrace();
  };

  const begin = (): ReturnType<typeof startFollowing> =>
    startFollowing(
      {
        path: '/api/v1/events',
        pageSize: EVENT_PAGE,
        maxPages: MAX_PAGES,
        pagePauseMs: (page) => (page < PAGES_AT_ONCE ? 0 : PAGE_PAUSE_MS),
        watchMs,
        resyncMs: () => RESYNC_MS,
        relistMs: () => RELIST_MS + pages * RELIST_PAGE_MS,
      },
      {
        onPage(objects, isFirst) {
          if (isStopped) return;
          if (isFirst) [pages, listingMs] = [0, clock.monotonic()];
          pages += 1;
          hooks.onEvents(
            objects.flatMap((object) => readEvent(object) ?? []),
            'listed',
          );
        },
        onListed() {
          if (isStopped) return;
          trust();
          hooks.onListed();
          hooks.onChange();
        },
        onEvent({ type, object }) {
          // One that is deleted has had its time: it happened all the same.
          const event = type === 'DELETED' || isStopped ? undefined : readEvent(object);
          if (event !== undefined) hooks.onEvents([event], 'watched');
        },
        onBrokeOff: doubt,
        onChange() {
          if (isStopped) return;
          const state = following?.state();
          if (state?.kind === 'failing') {
            rights.note(RIGHT, state.answer);
            doubt();
          }
          if (state?.kind === 'current') rights.note(RIGHT, { kind: 'ok', value: undefined });
          hooks.onChange();
        },
      },
      deps,
    );
  let following: ReturnType<typeof startFollowing> | undefined;
  const cancelBegin = clock.after(deps.beginAfterMs, () => (following = begin()));

  return {
    state() {
      const heardAtMs = following?.heardAt();
      return {
        ...(isComplete() && sinceMs !== undefined ? { completeSinceMs: sinceMs } : { why: whyNot(following?.state()) }),
        ...(heardAtMs !== undefined && { heardAtMs }),
        ...(following === undefined && { isWaiting: true }),
        ...(quietMs !== undefined && { quietMs }),
      };
    },
    relist() {
      doubt();
      following?.relist();
    },
    stop() {
      isStopped = true;
      cancelBegin();
      cancelGrace();
      following?.stop();
    },
  };
}

function whyNot(state: FollowState | undefined): string {
  if (state === undefined) return 'it waits for its turn to ask the Kubernetes API';
  if (state.kind === 'failing') return reasonOf(state.answer);
  return 'the events are being listed';
}

function reasonOf(answer: Exclude<Answer, { kind: 'ok' }>): string {
  if (answer.kind !== 'denied') return `the Kubernetes API does not tell the events: ${answer.message}`;
  return answer.status === 401
    ? 'the Kubernetes API does not accept the token of this agent'
    : `the Kubernetes API does not allow this agent to ${RIGHT}`;
}
