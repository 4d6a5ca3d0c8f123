/** What is found in the logs of this node, as rules count it: every line once, also where its reader had to begin anew. */
import { runOf } from '../../../checks/lib/logs/run.ts';
import type { JudgedLog, LogsView, WatchedLog } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { FollowedLog, LogLinesPort, MatchedLines } from '../../model/log-lines.ts';
import type { LogSights } from './port.ts';

export interface LineCountsDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly sights: LogSights;
  readonly view: () => LogsView;
  /** Name of a watch that looks for a pattern → workload. */
  readonly workloads: ReadonlyMap<string, string>;
}

/** Nobody asks while no rule is about logs. */
const MOST_WAITING = 10_000;
/** Runs that are gone, and may be met again by a reader that begins anew. */
const MOST_REMEMBERED = 4096;

export function createLineCounts({ clock, sights, view, workloads }: LineCountsDeps): LogLinesPort {
  let waiting: MatchedLines[] = [];
  /** By the run, the second of the latest line that was counted. */
  const latest = new Map<string, number>();
  let before: ReadonlySet<string> = new Set();
  let knownSince: number | undefined;
  /** By the run: how much of it was left out, and when that was more than before. */
  let skipped = new Map<string, { readonly bytes: number; readonly at: number }>();

  const placeOf = ({ watch, namespace, pod, container }: WatchedLog) => ({
    watch,
    namespace,
    workload: workloads.get(watch) ?? '',
    pod,
    container,
  });
  const count = (log: WatchedLog, isAnew: boolean): void => {
    if (log.fresh === undefined || !workloads.has(log.watch)) return;
    const key = runOf(log);
    const counted = latest.get(key);
    for (const [second, lines] of log.fresh) {
      // The end of a log is read once more by whoever begins to follow it.
      if (isAnew && counted !== undefined && second <= counted) continue;
      waiting.push({ ...placeOf(log), at: second, count: lines });
    }
    const [newest = 0] = log.fresh.at(-1) ?? [];
    latest.delete(key);
    latest.set(key, Math.max(newest, counted ?? 0));
  };
  const skippedOf = (log: WatchedLog, isAnew: boolean) => {
    const key = runOf(log);
    const { bytes = 0, at } = skipped.get(key) ?? {};
    const isMore = log.droppedBytes > (isAnew ? 0 : bytes);
    const last = isMore ? clock.now() : at;
    return last === undefined ? [] : [[key, { bytes: log.droppedBytes, at: last }] as const];
  };
  sights.onSeen((logs, isAnew) => {
    for (const log of logs) count(log, isAnew || !before.has(runOf(log)));
    before = new Set(logs.map(runOf));
    skipped = new Map(logs.flatMap((log) => skippedOf(log, isAnew)));
    // What had no room is a gap.
    if (waiting.length > MOST_WAITING) knownSince = undefined;
    waiting = waiting.slice(-MOST_WAITING);
    for (const key of latest.keys()) {
      if (latest.size <= MOST_REMEMBERED) break;
      latest.delete(key);
    }
  });

  const followedOf = (log: JudgedLog): readonly FollowedLog[] => {
    const { verdict, words, startedAt, readSince } = log;
    if (verdict === 'ended' || !workloads.has(log.watch)) return [];
    if (verdict === 'unknown') return [{ ...placeOf(log), why: words }];
    const { at: skippedAt } = skipped.get(runOf(log)) ?? {};
    return [
      {
        ...placeOf(log),
        ...(readSince !== undefined && { readSince: Math.max(readSince, startedAt) }),
        ...(skippedAt !== undefined && { skippedAt }),
      },
    ];
  };
  return {
    take() {
      const taken = waiting;
      waiting = [];
      return taken;
    },
    followed() {
      const seen = view();
      if (seen.kind !== 'known') {
        knownSince = undefined;
        return seen;
      }
      knownSince ??= clock.now();
      const { unfollowed = 0 } = seen;
      return {
        kind: 'known',
        since: knownSince,
        logs: seen.logs.flatMap(followedOf),
        ...(unfollowed > 0 && { unfollowed }),
      };
    },
  };
}
