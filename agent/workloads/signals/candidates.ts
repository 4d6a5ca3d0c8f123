/**
 * Containers that a signal speaks against, where the configuration lets it: from then on they are judged as by their logs, and
 * every guard of the desk holds for them. A run that began after the signal did is not meant by it: whoever restarts what an old
 * alert was about gains nothing.
 */
import { hash } from 'node:crypto';
import { LOG_WATCH_DEFAULTS, type WatchSettings } from '../../../checks/lib/logs/settings.ts';
import type { JudgedLog, LogsView } from '../../../checks/types.ts';
import { type Signal, signalWords } from '../../model/signal.ts';

/** Which containers a workload's signals speak of. */
export interface SignalWatch {
  /** That of the watch of its log with liveness, else one of its own. */
  readonly watch: string;
  readonly namespace: string;
  readonly workload: string;
  /** Its log is not watched: only what runs is to be known. */
  readonly isOwn: boolean;
}

/** @param places of `signals.liveness`, `NAMESPACE/WORKLOAD` */
export const signalWatchesOf = (places: readonly string[], logWatches: readonly WatchSettings[]): SignalWatch[] =>
  places.map((place) => {
    const [namespace = '', workload = ''] = place.split('/');
    const known = logWatches.find(
      (watch) => watch.liveness && watch.namespace === namespace && watch.workload === workload,
    );
    // The same on all agents, and none that a person would choose.
    const watch = known?.name ?? `signals-${hash('sha256', place).slice(0, 12)}`;
    return { watch, namespace, workload, isOwn: known === undefined };
  });

/** What the reader of logs is to find besides: their containers, whatever these write. */
export const watchSettingsOf = (watches: readonly SignalWatch[]): WatchSettings[] =>
  watches
    .filter(({ isOwn }) => isOwn)
    .map(({ watch: name, namespace, workload }) => ({
      ...LOG_WATCH_DEFAULTS,
      name,
      namespace,
      workload,
      liveness: true,
    }));

/** The logs with what signals say of their containers. */
export function withSignals(view: LogsView, watches: readonly SignalWatch[], signals: readonly Signal[]): LogsView {
  if (view.kind !== 'known' || watches.length === 0) return view;
  const byName = new Map(watches.map((one) => [one.watch, one]));
  const isWhole = ({ watch }: JudgedLog): boolean => byName.get(watch)?.isOwn === true;
  const single = view.logs.filter((log) => !isWhole(log)).map((log) => ({ log, names: [log.container] }));
  const pods = Map.groupBy(view.logs.filter(isWhole), ({ watch, podUid }) => `${watch}/${podUid}`);
  const candidates = [...single, ...[...pods.values()].flatMap(asOne)];
  const speak = ({ log, names }: Candidate): JudgedLog =>
    spokenOf(log, names, byName.get(log.watch)?.workload, signals);
  return { ...view, logs: candidates.map(speak) };
}

interface Candidate {
  readonly log: JudgedLog;
  /** Of the containers that it stands for. */
  readonly names: readonly string[];
}

/**
 * All containers of a pod as one: whichever of them has the probe is restarted, and then the pod is not meant any more. Each for
 * itself, one that has no probe would go on to be dead, and have the other restarted again and again. Which run of the pod it is
 * tell also those that have ended: whether they have is known only as long as the API answers.
 */
function asOne(all: readonly JudgedLog[]): readonly Candidate[] {
  const running = all.filter(({ verdict }) => verdict !== 'ended');
  const [first] = running;
  if (first === undefined) return [];
  const blind = running.find(({ verdict }) => verdict === 'unknown');
  const log = {
    ...(blind ?? first),
    container: '',
    restarts: all.reduce((sum, { restarts }) => sum + restarts, 0),
    startedAt: Math.max(...all.map(({ startedAt }) => startedAt)),
  };
  return [{ log, names: running.map(({ container }) => container) }];
}

function spokenOf(
  log: JudgedLog,
  names: readonly string[],
  workload: string | undefined,
  signals: readonly Signal[],
): JudgedLog {
  if (workload === undefined || log.verdict !== 'well') return log;
  const about = signals.filter(
    (signal) =>
      // Who is not connected to this agent would not be heard taking it back.
      signal.isCurrent &&
      signal.namespace === log.namespace &&
      (signal.workload === workload || signal.workload === log.pod) &&
      (signal.container === '' || names.includes(signal.container)) &&
      log.startedAt < signal.since,
  );
  const firing = about.find(({ state }) => state === 'firing');
  if (firing !== undefined) return { ...log, verdict: 'matching', words: signalWords(firing) };
  const [expired] = about;
  if (expired === undefined) return log;
  return { ...log, verdict: 'unknown', words: `${signalWords(expired)}, and has not said it again: it may be over` };
}
