/**
 * Which containers of this node are to be restarted, for the watches that say so. A container is condemned only when
 * nothing speaks against it:
 *
 * - its log says so, and could be read: what cannot be told is never a fault
 * - this agent has looked for a while, and sees at least half of the members: else it may be the one that is wrong
 * - it has failed for long enough that the others have heard of it, and there is leave for it: see permit.ts
 * - it was not restarted three times within an hour: what does not help is not tried for ever, as Supervisor's FATAL
 *
 * Once condemned it stays so until it is well again or another run of it has begun. That one has to live for as long as it
 * takes to be found failing: until then it still counts as one that is missing, because what hangs again after its first line
 * was not helped.
 */
import type { JudgedLog, LogsView } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { ContainerLiveness, LivenessState, LivenessWord } from '../../model/liveness.ts';
import { type NodeWord, leaveFor } from './permit.ts';

/** What this agent knows of the others. */
export interface Surroundings {
  /** Members in its component, itself included. */
  readonly visible: number;
  readonly known: number;
  /** What others in it have said a moment ago. */
  readonly words: readonly { readonly node: string; readonly words: readonly LivenessWord[] }[];
}

export interface LivenessWatch {
  readonly name: string;
  /** A run that is so old and does not fail is well, ms. */
  readonly proofMs: number;
}

export interface LivenessDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly self: string;
  /** Those that ask for it. */
  readonly watches: readonly LivenessWatch[];
  readonly logs: () => LogsView;
  readonly surroundings: () => Surroundings;
}

export interface LivenessDesk {
  /** Looks at the logs and decides. Returns whether what this node says of its containers has changed. */
  look(): boolean;
  /** Of all containers on this node that are followed by such a watch, as of the last look. */
  containers(): readonly ContainerLiveness[];
  /** What this node says of them. */
  words(): readonly LivenessWord[];
}

/** Of the agent itself. */
const LOOKED_FOR_MS = 120_000;
/** A report that says something new is everywhere by then. */
const HEARD_MS = 20_000;
const MOST_RESTARTS = 3;
const BUDGET_MS = 3_600_000;
/** What was restarted and does not come back is waited for so much longer than it would need. */
const PATIENCE_MS = 600_000;

const NO_LEAVE = ['suppressed', 'so do others of it, and so many at once share the cause'] as const;

/** What speaks against a restart. */
type Objection = readonly [LivenessState, string];

interface Failing {
  readonly log: JudgedLog;
  readonly one: Known;
  readonly against: Objection | undefined;
}

interface Known {
  /** Monotonic ms; undefined: it does not fail. */
  failingSince: number | undefined;
  isCondemned: boolean;
  state: LivenessState;
  why: string;
  /** Unix ms. */
  since: number;
}

export function createLivenessDesk({ clock, self, watches, logs, surroundings }: LivenessDeps): LivenessDesk {
  const startedAt = clock.monotonic();
  const proofMs = new Map(watches.map((watch) => [watch.name, watch.proofMs]));
  /** By the run of a container. */
  const known = new Map<string, Known>();
  /** Of containers that were condemned and of which another run has to prove itself: until when, monotonic ms. */
  const proving = new Map<string, number>();
  /** When which pod was restarted, monotonic ms. */
  const restarts = new Map<string, number[]>();
  let seen: readonly JudgedLog[] = [];
  let said: readonly LivenessWord[] = [];

  const take = (log: JudgedLog): Known => {
    const key = runOf(log);
    const one = known.get(key) ?? {
      failingSince: undefined,
      isCondemned: false,
      state: 'unknown' as const,
      why: '',
      since: clock.now(),
    };
    known.set(key, one);
    return one;
  };
  const settle = (one: Known, state: LivenessState, why: string): void => {
    if (one.state !== state) one.since = clock.now();
    [one.state, one.why] = [state, why];
  };

  /** What was condemned and has begun anew: it is one restart of its pod, and has to prove itself. */
  const followRestarts = (current: readonly JudgedLog[]): void => {
    const now = clock.monotonic();
    const runs = new Set(current.map(runOf));
    for (const [key, one] of known) {
      if (runs.has(key)) continue;
      known.delete(key);
      if (!one.isCondemned) continue;
      const [watch = '', pod = '', container = ''] = key.split('/');
      proving.set([watch, pod, container].join('/'), now + (proofMs.get(watch) ?? 0) + PATIENCE_MS);
      restarts.set(pod, [...(restarts.get(pod) ?? []), now]);
    }
    for (const [key, until] of proving) if (until < now) proving.delete(key);
    for (const [pod, times] of restarts) {
      const recent = times.filter((at) => now - at < BUDGET_MS);
      if (recent.length === 0) restarts.delete(pod);
      else restarts.set(pod, recent);
    }
  };

  /** Undefined: nothing speaks against it but leave, which is not asked here. */
  const objection = (log: JudgedLog, one: Known, { visible, known: all }: Surroundings): Objection | undefined => {
    const now = clock.monotonic();
    if (now - startedAt < LOOKED_FOR_MS) return ['unknown', 'this agent has just begun to look'];
    if (visible * 2 < all)
      return ['suppressed', `this agent sees ${visible} of ${all} members: what it cannot reach others may`];
    if ((restarts.get(log.podUid) ?? []).length >= MOST_RESTARTS)
      return ['suppressed', `its pod was restarted ${MOST_RESTARTS} times within an hour, which did not help`];
    if (now - (one.failingSince ?? now) < HEARD_MS) return ['suppressed', 'it has just begun to fail'];
    return undefined;
  };

  const judge = (watch: string, current: readonly JudgedLog[], around: Surroundings): void => {
    const now = clock.monotonic();
    const failing: Failing[] = [];
    for (const log of current) {
      const one = take(log);
      const place = placeOf(log);
      if (log.verdict === 'well' && clock.now() - log.startedAt >= (proofMs.get(watch) ?? 0)) proving.delete(place);
      const isFailing = log.verdict === 'silent' || log.verdict === 'matching';
      if (!isFailing) {
        one.failingSince = undefined;
        // What cannot be told takes no sentence back, and passes none.
        if (log.verdict === 'well') one.isCondemned = false;
        settle(one, log.verdict === 'well' ? 'alive' : 'unknown', log.words);
        continue;
      }
      one.failingSince ??= now;
      // It fails again: it does not only wait to prove itself.
      proving.delete(place);
      if (one.isCondemned) {
        settle(one, 'dead', log.words);
        continue;
      }
      failing.push({ log, one, against: objection(log, one, around) });
    }
    const words: NodeWord[] = [
      { node: self, ...wordOf(watch, current) },
      ...around.words.flatMap(({ node, words: all }) =>
        all.filter((word) => word.watch === watch).map((word) => ({ node, ...word })),
      ),
    ];
    // Also who may not be restarted keeps its place: what was restarted and hangs again shows that a restart does not help.
    let leave = leaveFor(self, watch, words);
    for (const { log, one, against } of failing.toSorted((a, b) => (runOf(a.log) < runOf(b.log) ? -1 : 1))) {
      one.isCondemned = against === undefined && leave > 0;
      leave -= 1;
      const [state, why] = against ?? (one.isCondemned ? (['dead', ''] as const) : NO_LEAVE);
      settle(one, state, why === '' ? log.words : `${log.words}; ${why}`);
    }
  };

  const wordOf = (watch: string, current: readonly JudgedLog[]): LivenessWord => {
    const all = current.map(take);
    const isAwaited = (key: string): boolean => key.startsWith(`${watch}/`);
    return {
      watch,
      containers: current.length,
      failing: all.filter(({ failingSince, isCondemned }) => failingSince !== undefined && !isCondemned).length,
      condemned: all.filter(({ isCondemned }) => isCondemned).length + [...proving.keys()].filter(isAwaited).length,
    };
  };

  return {
    look() {
      const view = logs();
      if (view.kind !== 'known') {
        const why = view.why;
        for (const one of known.values()) {
          one.failingSince = undefined;
          settle(one, 'unknown', why);
        }
        return false;
      }
      seen = view.logs.filter(({ watch }) => proofMs.has(watch));
      followRestarts(seen);
      const around = surroundings();
      const byWatch = Map.groupBy(seen, ({ watch }) => watch);
      for (const [watch, current] of byWatch) judge(watch, current, around);
      const words = [...byWatch].map(([watch, current]) => wordOf(watch, current));
      const isNews = JSON.stringify(words) !== JSON.stringify(said);
      said = words;
      return isNews;
    },
    containers: () =>
      seen.map((log) => {
        const { state, why, since } = take(log);
        const { namespace, pod, container, watch } = log;
        return { namespace, pod, container, watch, state, why, since };
      }),
    words: () => said,
  };
}

/** The same container after a restart is the same place. */
const placeOf = ({ watch, podUid, container }: JudgedLog): string => [watch, podUid, container].join('/');

const runOf = (log: JudgedLog): string => `${placeOf(log)}/${log.restarts}`;
