/**
 * A problem that comes and goes is one problem, not a stream of them: from the third time within ten minutes it stands
 * until it has been away for five. Nobody is told of the times in between, and its message counts them. The same holds
 * for a check that loses its sight again and again: it is not believed before it has kept it for five minutes.
 *
 * It lies between the settled state (settle.ts), which goes on as if nothing was held, and what others are shown.
 */
import type { RaisedProblem } from '../model/report.ts';
import { formatInstant } from '../model/text.ts';
import { type Change, type Settled, problemKey } from './settle.ts';

export interface FlapDamper {
  /**
   * What is shown after a step, and what of its changes is told.
   *
   * @param at monotonic, ms
   * @param now Unix ms
   */
  take(state: Settled, changes: readonly Change[], at: number, now: number): Shown;
}

export interface Shown {
  readonly state: Settled;
  readonly changes: readonly Change[];
}

const TIMES = 3;
const WINDOW_MS = 10 * 60_000;
const CALM_MS = 5 * 60_000;
/** Of different problems of one check: subjects may be anything. */
const MAX_TRACKED = 64;

/** The loss of sight, among the keys of problems. */
const SIGHT = '';

interface Track {
  /** When it came, within the window; monotonic ms. */
  comings: number[];
  /** How often it came since it is tracked. */
  count: number;
  /** As it was first told, for as long as it has not been told to be over. */
  told: { readonly since: number; readonly problem?: RaisedProblem; readonly why?: string } | undefined;
  /** Since when it is away, monotonic ms; undefined: it is here. */
  awayAt: number | undefined;
}

export function createFlapDamper(): FlapDamper {
  const tracks = new Map<string, Track>();

  const trackOf = (key: string): Track => {
    const known = tracks.get(key);
    if (known !== undefined) return known;
    const oldest = [...tracks].find(([, { awayAt, told }]) => awayAt !== undefined && told === undefined);
    if (tracks.size >= MAX_TRACKED && oldest !== undefined) tracks.delete(oldest[0]);
    const track: Track = { comings: [], count: 0, told: undefined, awayAt: undefined };
    tracks.set(key, track);
    return track;
  };

  /** True when it has not been told that it is over: then it is no news that it is here. */
  const came = (key: string, told: NonNullable<Track['told']>, at: number): boolean => {
    const track = trackOf(key);
    const wasTold = track.told !== undefined;
    track.comings = [...track.comings, at].filter((coming) => at - coming < WINDOW_MS).slice(-TIMES);
    track.count = track.comings.length === 1 && !wasTold ? 1 : track.count + 1;
    track.told ??= told;
    track.awayAt = undefined;
    return wasTold;
  };

  /** True when it is held: it comes and goes. */
  const went = (key: string, at: number): boolean => {
    const track = tracks.get(key);
    if (track === undefined) return false;
    track.awayAt = at;
    const recent = track.comings.filter((coming) => at - coming < WINDOW_MS);
    const isHeld = recent.length >= TIMES || (track.count >= TIMES && track.told !== undefined);
    if (!isHeld) track.told = undefined;
    return isHeld;
  };

  const isNews = (change: Change, at: number): boolean => {
    if (change.kind === 'changed') {
      if (change.to === 'unknown') return !came(SIGHT, { since: at, why: change.message }, at);
      return change.from !== 'unknown' || !went(SIGHT, at);
    }
    const { kind, problem } = change;
    const key = problemKey(problem);
    return kind === 'raised' ? !came(key, { since: problem.since, problem }, at) : !went(key, at);
  };

  /** What has been away for long enough. */
  const release = (state: Settled, at: number): Change[] =>
    [...tracks].flatMap(([key, track]): Change[] => {
      const { told, awayAt } = track;
      if (awayAt === undefined || at - awayAt < CALM_MS) return [];
      // Out of sight is not away.
      if (told !== undefined && state.status === 'unknown') return [];
      tracks.delete(key);
      if (told === undefined) return [];
      if (told.problem !== undefined) return [{ kind: 'cleared', problem: told.problem }];
      const to = state.status === 'none' ? 'unknown' : state.status;
      return [{ kind: 'changed', from: 'unknown', to, message: state.why ?? '' }];
    });

  return {
    take(state, changes, at, now) {
      const news = changes.filter((change) => isNews(change, at));
      const over = release(state, at);
      return { state: shownOf(state, tracks, now), changes: [...over, ...news] };
    },
  };
}

function shownOf(state: Settled, tracks: ReadonlyMap<string, Track>, now: number): Settled {
  const isFlapping = ({ told, count }: Track): boolean => told !== undefined && count >= TIMES;
  if (state.status === 'unknown' || ![...tracks.values()].some(isFlapping)) return state;
  const held = [...tracks].flatMap(([, { told, awayAt, count }]) =>
    told?.problem === undefined || awayAt === undefined ? [] : [counted(told.problem, told.since, count, now)],
  );
  const standing = state.problems.map((problem) => {
    const track = tracks.get(problemKey(problem));
    return track?.told === undefined || !isFlapping(track)
      ? problem
      : counted(problem, track.told.since, track.count, now);
  });
  const problems = [...standing, ...held];
  if (problems.length > 0) {
    const since = state.status === 'problem' ? state.since : Math.min(...problems.map((problem) => problem.since));
    return { status: 'problem', since, problems };
  }
  const sight = tracks.get(SIGHT);
  if (sight?.told === undefined || sight.awayAt === undefined || !isFlapping(sight)) return state;
  return { status: 'unknown', since: state.since, why: `${sight.told.why}; it comes and goes`, problems: [] };
}

const counted = (problem: RaisedProblem, since: number, count: number, now: number): RaisedProblem => ({
  ...problem,
  since,
  message: `${problem.message.replace(/\.$/, '')}; it comes and goes: ${count} times since ${formatInstant(since, now)}`,
});
