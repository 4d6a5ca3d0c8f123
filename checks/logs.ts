import { count, span } from './lib/figures.ts';
import { runOf } from './lib/logs/run.ts';
import { type WatchSettings, logsConfig, logsMistakes } from './lib/logs/settings.ts';
import {
  type AskedContainer,
  type JudgedLog,
  type Problem,
  type Reading,
  absent,
  defineCheck,
  outcomeOf,
  unknown,
} from './types.ts';

const REASONS = { info: 'LogWatchNoted', warning: 'LogWatchFailed', critical: 'CriticalLogWatchFailed' } as const;
type Reason = (typeof REASONS)[keyof typeof REASONS] | 'RestartSuppressed' | 'LivenessNotAsked';

const REMEDY =
  'Read the log: `kubectl -n NAMESPACE logs POD -c CONTAINER --tail 50 --timestamps`, or on the node `tail -n 50 /var/log/pods/NAMESPACE_POD_*/CONTAINER/*.log`. What is watched stands in `checks.logs.watches` of the configuration.';

/** What was written of each log until the last look, bytes; by watch, pod, container and run. */
type Memory = Map<string, number>;

export const logs = defineCheck({
  id: 'logs',
  title: 'Logs',
  description: [
    'The logs of containers on this node that your configuration names: those that have written nothing for too long, and',
    'those in which lines match a pattern. They are read from the files of the kubelet, so neither the API nor any right is',
    'needed, and a control plane that is down makes nobody silent. A rotation is no sign of life, and one run of a container',
    'is not taken for another. Read are only logs with a pattern or a stream, at most 1 MiB a second of a container; of more',
    'the rest is left out and counted. Text of logs is neither kept nor told by this check. A container that has ended and whose pod is',
    'kept, as of a Job, is silent unless the Kubernetes API tells of it (`kubernetes.podNamespaces`): then it is left alone.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 1000,
  runsOn: 'nodes with pods that are named in their configuration',
  config: logsConfig,
  mistakes: logsMistakes,
  reasons: {
    LogWatchNoted: {
      severity: 'info',
      summary: 'The log of a container is silent, or has lines that match; nobody asked for more than to be told.',
      remedy: REMEDY,
    },
    LogWatchFailed: {
      severity: 'warning',
      summary: 'The log of a container is silent, or has lines that match.',
      remedy: REMEDY,
    },
    CriticalLogWatchFailed: {
      severity: 'critical',
      summary: 'The log of a container that is critical for the node is silent, or has lines that match.',
      remedy: REMEDY,
    },
    RestartSuppressed: {
      severity: 'info',
      summary: 'A container fails by its log, or by what is said of it, and is not restarted all the same.',
      remedy:
        'Look at what its replicas share (a queue, a database, a node) before restarting anything; `meerkat liveness NAMESPACE/WORKLOAD` on the node says why each is held.',
    },
    LivenessNotAsked: {
      severity: 'info',
      summary: 'A container may be restarted for its log, and no probe has asked about it for ten minutes.',
      remedy:
        'See that the pod has the livenessProbe of "Logs as probes" in docs/operations.md, and try it: `kubectl -n NAMESPACE exec POD -- curl -s -m 2 "http://$NODE_IP:7575/api/v1/liveness/NAMESPACE/pod/POD?format=text"`. A NetworkPolicy, `http.access` or a wrong name may stand between.',
    },
  },
  readings: {
    containers_count: { title: 'Containers whose logs are followed' },
    silent_seconds: { title: 'Time since the last line, the longest' },
    matches_count: { title: 'Lines that match, in the window of the watch' },
    written_bytes: { title: 'Written since the last look' },
    dropped_bytes: { title: 'Too much to be read, since the log is followed' },
  },
  needs: [
    'A list of logs in `checks.logs.watches`; without one the check is absent.',
    'The host’s `/var/log/pods`, which the component deploy/logs mounts; where Docker is the runtime also `/var/lib/docker/containers`, at the same path.',
  ],
  looksThrough: 'workload',
  createState: (): Memory => new Map(),
  async run({ config: { watches }, logs: view, state, isOnly }) {
    const seen = view();
    if (seen.kind === 'none') return absent(seen.why);
    if (seen.kind === 'unknown') return unknown(seen.why);
    const { asked = [], unfollowed = 0 } = seen;
    // Also those of workloads that only signals speak of.
    if (seen.logs.length === 0 && asked.length === 0)
      return absent('no container that is named in checks.logs.watches is on this node');
    const byWatch = watches.map((watch) => ({ watch, all: seen.logs.filter((log) => log.watch === watch.name) }));
    const followed = byWatch.flatMap(({ all }) => all);
    const written = writtenOf(followed, state);
    const problems = [...byWatch.flatMap(({ watch, all }) => problemOf(watch, all) ?? []), ...askedProblems(asked)];
    const readings = byWatch.flatMap(({ watch, all }) => readingsOf(watch, all, written));
    const blind = blindIn(seen.logs, unfollowed) ?? (isOnly === true ? unseenAtOnce(watches) : undefined);
    if (problems.length === 0 && blind !== undefined) return unknown(blind, readings);
    return outcomeOf(problems, readings);
  },
});

/** Why not all of them could be looked at. */
function blindIn(all: readonly JudgedLog[], unfollowed: number): string | undefined {
  const blind = all.find(({ verdict }) => verdict === 'unknown');
  if (blind !== undefined) return `${nameOf(blind)}: ${blind.words}`;
  if (unfollowed === 0) return undefined;
  return `${count(unfollowed)} logs more are named in checks.logs.watches than the 512 of a node that are followed: name single containers, or fewer workloads`;
}

/** What takes longer than one look. */
function unseenAtOnce(watches: readonly WatchSettings[]): string | undefined {
  const names = watches.filter((one) => one.pattern !== '' || one.escalatingFailures > 0).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return `lines that match, and silence by windows that grow, are seen by an agent that runs: not judged here: ${names.slice(0, 5).join(', ')}`;
}

/** Of each watch one problem of a kind. */
function askedProblems(all: readonly AskedContainer[]): Problem<Reason>[] {
  const of = (
    reason: Reason,
    those: readonly AskedContainer[],
    words: (one: AskedContainer) => string,
  ): Problem<Reason>[] =>
    [...Map.groupBy(those, ({ watch }) => watch)].flatMap(([subject, some]) => {
      const [first] = some;
      if (first === undefined) return [];
      const more = some.length === 1 ? '' : `, and ${count(some.length - 1)} more like it`;
      return [{ reason, subject, message: `${upperFirst(nameOf(first))}${words(first)}${more}.` }];
    });
  return [
    ...of(
      'RestartSuppressed',
      all.filter(({ held }) => held !== undefined),
      ({ held = '' }) => ` fails and is not restarted: ${held}`,
    ),
    ...of(
      'LivenessNotAsked',
      all.filter(({ unaskedMs }) => unaskedMs !== undefined),
      ({ unaskedMs = 0 }) => `: no probe has asked whether it lives for ${span(unaskedMs)}`,
    ),
  ];
}

/** Since the look before, bytes. */
function writtenOf(all: readonly JudgedLog[], state: Memory): ReadonlyMap<JudgedLog, number> {
  const written = new Map(all.map((log) => [log, Math.max(0, log.bytes - (state.get(runOf(log)) ?? log.bytes))]));
  state.clear();
  for (const log of all) state.set(runOf(log), log.bytes);
  return written;
}

const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const nameOf = ({ namespace, pod, container }: AskedContainer | JudgedLog): string =>
  `${container === '' ? 'pod' : `container ${container} of`} ${namespace}/${pod}`;

/** All containers of a watch that are not well are one problem: the longest silence, or the most lines, is told. */
function problemOf(watch: WatchSettings, all: readonly JudgedLog[]): Problem<Reason> | undefined {
  const bad = all.filter(({ verdict }) => verdict === 'silent' || verdict === 'matching');
  const [worst] = bad.toSorted((a, b) => b.matches - a.matches || b.silentMs - a.silentMs);
  if (worst === undefined) return undefined;
  const others = bad.length === 1 ? '' : `, and ${count(bad.length - 1)} more of ${count(all.length)} like it`;
  const what = `${nameOf(worst)}: ${worst.words}${others}`;
  const parts = [watch.name, watch.description.trim().replace(/[.:]$/, ''), what].filter((part) => part !== '');
  return { reason: REASONS[watch.severity], subject: watch.name, message: `${parts.join(': ')}.` };
}

function readingsOf(
  { name: subject, pattern }: WatchSettings,
  all: readonly JudgedLog[],
  written: ReadonlyMap<JudgedLog, number>,
): Reading[] {
  const sum = (value: (one: JudgedLog) => number): number => all.reduce((total, one) => total + value(one), 0);
  const containers = { name: 'containers_count', subject, value: all.length };
  if (all.length === 0) return [containers];
  return [
    containers,
    { name: 'silent_seconds', subject, value: Math.max(...all.map(({ silentMs }) => silentMs)) / 1000 },
    ...(pattern === '' ? [] : [{ name: 'matches_count', subject, value: sum(({ matches }) => matches) }]),
    { name: 'written_bytes', subject, value: sum((log) => written.get(log) ?? 0) },
    { name: 'dropped_bytes', subject, value: sum(({ droppedBytes }) => droppedBytes) },
  ];
}
