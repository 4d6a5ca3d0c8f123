/** The settings of the check `logs`: which containers, and what is wrong with their logs. */
import { type Static, Type } from 'typebox';
import type { LogWatch, Severity, SettingMistake } from '../../types.ts';
import { type Escalation, longestMs } from './escalating.ts';
import { compilePattern } from './pattern.ts';

/** A check may have so many subjects. */
const MOST_WATCHES = 16;
const NAME = '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$';
const NAME_WORDS = 'a name as Kubernetes has them, in lower case';

export const LOG_WATCH = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
      expects: 'a name in lower case: letters, digits and `-`, at most 63',
      description: 'Names the watch wherever it is told of; no two may have the same.',
    }),
    description: Type.String({
      default: '',
      maxLength: 120,
      description: 'What it means when it fails, in your words: they stand first in what is told.',
    }),
    namespace: Type.String({ pattern: NAME, expects: NAME_WORDS, description: 'Namespace of the pods.' }),
    workload: Type.String({
      pattern: NAME,
      expects: NAME_WORDS,
      description:
        'Name of the Deployment, DaemonSet, StatefulSet or Job whose pods on this node are meant, or of a pod. Pods are told by their names, so that no API is needed.',
    }),
    container: Type.String({
      default: '',
      pattern: `${NAME}|^$`,
      expects: NAME_WORDS,
      description: 'The container in them. Empty: all.',
    }),
    stream: Type.Unsafe<'any' | 'stdout' | 'stderr'>(
      Type.String({ enum: ['any', 'stdout', 'stderr'], default: 'any', description: 'What of its output counts.' }),
    ),
    maxSilenceSeconds: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 604_800,
      description: 'A container that has written nothing for so long is silent. 0: silence is no fault.',
    }),
    escalatingFailures: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 50,
      description:
        'Instead of `maxSilenceSeconds`: a look every minute asks for lines in a window that grows with the looks in a row that found none, 1, 1, 3, 6, 10, 15 … minutes, and so many such looks in a row are silence. 15 come to 111 minutes. 0: off.',
    }),
    pattern: Type.String({
      default: '',
      maxLength: 1000,
      expects: 'a regular expression in the syntax of RE2',
      description:
        'A regular expression in the syntax of RE2, which is looked for in every line, anywhere in it; `(?i)` at its beginning takes upper for lower case. Empty: lines are not looked at.',
    }),
    patternCount: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 1_000_000,
      description: 'So many lines that match, of one container within `patternSeconds`, are a fault.',
    }),
    patternSeconds: Type.Number({ default: 120, minimum: 5, maximum: 86_400, description: 'See `patternCount`.' }),
    initialDelaySeconds: Type.Number({
      default: 120,
      minimum: 0,
      maximum: 86_400,
      description: 'A container may be silent for so long after its start.',
    }),
    liveness: Type.Boolean({
      default: false,
      description:
        'Whether `/api/v1/liveness/NAMESPACE/WORKLOAD` may call such a container dead, so that a probe of its own has it restarted. It restarts nothing by itself.',
    }),
    severity: Type.Unsafe<Severity>(
      Type.String({
        enum: ['info', 'warning', 'critical'],
        default: 'info',
        description:
          'How grave it is for the node. `info` is told and counts for nothing: your workloads do not change what is said of the cluster unless you ask for it. For the cluster no watch is more than a warning.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const logsConfig = Type.Object(
  {
    directory: Type.String({
      default: '/var/log/pods',
      pattern: '^/',
      expects: 'an absolute path',
      description: 'Where the kubelet of the host has the logs.',
    }),
    watches: Type.Array(LOG_WATCH, { default: [], maxItems: MOST_WATCHES, description: 'The logs that are followed.' }),
  },
  { additionalProperties: false },
);

export type LogsConfig = Static<typeof logsConfig>;
export type WatchSettings = Static<typeof LOG_WATCH>;

/** Of a watch that looks for nothing. */
export const LOG_WATCH_DEFAULTS = {
  description: '',
  container: '',
  stream: 'any',
  maxSilenceSeconds: 0,
  escalatingFailures: 0,
  pattern: '',
  patternCount: 1,
  patternSeconds: 120,
  initialDelaySeconds: 120,
  liveness: false,
  severity: 'info',
} as const satisfies Omit<WatchSettings, 'name' | 'namespace' | 'workload'>;

export function logsMistakes({ watches }: LogsConfig): SettingMistake[] {
  const first = new Map<string, number>();
  return watches.flatMap((watch, index) => {
    const known = first.get(watch.name);
    first.set(watch.name, known ?? index);
    const mistakes: SettingMistake[] = [];
    if (known !== undefined)
      mistakes.push({ at: 'name', message: `given "${watch.name}", which watches[${known}] is called already.` });
    if (watch.maxSilenceSeconds > 0 && watch.escalatingFailures > 0)
      mistakes.push({
        at: 'escalatingFailures',
        message: 'cannot stand beside maxSilenceSeconds; set one of them to 0.',
      });
    if (watch.maxSilenceSeconds === 0 && watch.escalatingFailures === 0 && watch.pattern === '')
      mistakes.push({
        at: 'maxSilenceSeconds',
        message:
          'is 0, and neither escalatingFailures nor pattern is set: nothing would ever be told; set one of them.',
      });
    if (watch.liveness && watch.container === '')
      mistakes.push({
        at: 'container',
        message:
          'must be given with liveness: the others of a pod, which may say nothing for long, would have it restarted.',
      });
    const twin = watches.findIndex((other) => other.liveness && isSameWorkload(other, watch));
    if (watch.liveness && twin < index)
      mistakes.push({
        at: 'liveness',
        message: `is set for the same workload as in watches[${twin}]; both would give leave to restart a part of it.`,
      });
    const wrong = watch.pattern === '' ? undefined : patternMistake(watch.pattern);
    if (wrong !== undefined) mistakes.push({ at: 'pattern', message: wrong });
    return mistakes.map(({ at, message }) => ({ at: `watches[${index}].${at}`, message }));
  });
}

const isSameWorkload = (one: WatchSettings, other: WatchSettings): boolean =>
  one.namespace === other.namespace && one.workload === other.workload;

function patternMistake(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `is no regular expression of RE2, which has no lookaround and no backreferences: ${why}.`;
  }
}

/**
 * The section of the configuration that the schema has made of it, where the check is wanted and has anything to follow.
 *
 * @param section `checks.logs`
 */
export function enabledLogs(section: { readonly enabled: boolean } | undefined): LogsConfig | undefined {
  const settings = section as (LogsConfig & { readonly enabled: boolean }) | undefined;
  return settings?.enabled === true && settings.watches.length > 0 ? settings : undefined;
}

/** Where the kubelet has the logs, whatever is followed of them. @param section `checks.logs` */
export function logDirectoryOf(section: { readonly [setting: string]: unknown } | undefined): string {
  const given = section?.['directory'];
  return typeof given === 'string' ? given : '/var/log/pods';
}

/** What the reader of logs is asked to follow. */
export const logWatchesOf = ({ watches }: Pick<LogsConfig, 'watches'>): LogWatch[] =>
  watches.map(({ name, namespace, workload, container, stream, pattern, patternSeconds }) => ({
    name,
    namespace,
    workload,
    container,
    ...(stream !== 'any' && { stream }),
    ...(pattern !== '' && { pattern }),
    windowMs: patternSeconds * 1000,
  }));

const MINUTE = 60_000;

export const escalationOf = ({ escalatingFailures }: WatchSettings): Escalation | undefined =>
  escalatingFailures === 0 ? undefined : { baseMs: MINUTE, failureThreshold: escalatingFailures };

/** A run that is so old and does not fail is well, ms: it would have been found failing. */
export function proofMsOf(watch: WatchSettings): number {
  const { initialDelaySeconds, maxSilenceSeconds, pattern, patternSeconds } = watch;
  const escalation = escalationOf(watch);
  const seconds = Math.max(initialDelaySeconds, maxSilenceSeconds, pattern === '' ? 0 : patternSeconds);
  return Math.max(seconds * 1000, escalation === undefined ? 0 : longestMs(escalation));
}
