/**
 * What is known of the logs that a rule is about, on this node. Silence says something only where a container ran for all of the
 * time and every line of it was read: nothing is silent that was scaled to zero, that has just been started, or that nobody reads.
 */
import type { Clock } from '../../base/clock.ts';
import type { FollowedLog, FollowedLogs, LogLinesPort } from '../../model/log-lines.ts';
import { formatDuration } from '../../model/text.ts';
import type { Facts, Observation, Rule, SourceState } from '../rules/types.ts';
import { factsOfLog, observationOfLines } from './observations.ts';

export interface LogScope {
  /** What was found since the look before. */
  look(): readonly Observation[];
  source(): SourceState;
  /**
   * Why silence says nothing: a clause. Where that is because it {@link isGone}: undefined.
   *
   * @param facts those of the key that the rule asks for, or of what was found last
   */
  idle(rule: Rule, facts: Facts): string | undefined;
  /** No container of it runs on this node, or nobody wants to know any more. */
  isGone(rule: Rule, facts: Facts): boolean;
  /** Why it is not known how the rule stands: a clause. */
  blind(rule: Rule): string | undefined;
  /** There is no log on this node that the rule is about; another node may have one. */
  isAbsent(rule: Rule): boolean;
}

export interface LogScopeDeps {
  readonly self: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly lines: LogLinesPort;
  /** Names of the watches that look for a pattern. */
  readonly watches: ReadonlySet<string>;
  /** Unix ms: what was silent before may have been paused with this agent. Default: never. */
  readonly notBefore?: () => number;
}

interface Known {
  readonly log: FollowedLog;
  readonly facts: Facts;
}

export function createLogScope({ self, clock, lines, watches, notBefore = () => 0 }: LogScopeDeps): LogScope {
  let followed: FollowedLogs = { kind: 'unknown', why: 'the logs were not read yet' };
  let known: readonly Known[] = [];
  const logsOf = ({ matcher, queryKey }: Rule, key: Facts = {}): readonly Known[] =>
    known.filter(
      ({ facts }) =>
        matcher.is.every(([field, texts]) => texts.includes(facts[field] ?? '')) &&
        matcher.isNot.every(([field, texts]) => !texts.includes(facts[field] ?? '')) &&
        queryKey.every((field) => key[field] === undefined || key[field] === facts[field]),
    );
  /** A rule that names none is about all. */
  const unwatched = ({ matcher }: Rule): string | undefined => {
    const [, names = []] = matcher.is.find(([field]) => field === 'watch') ?? [];
    const missing = names.filter((name) => !watches.has(name));
    if (watches.size === 0) return 'checks.logs.watches has no watch with a pattern';
    return names.length > 0 && missing.length === names.length
      ? `checks.logs.watches has no watch with a pattern that is called ${missing.join(' or ')}`
      : undefined;
  };
  const unreadable = ({ timeframeMs, keepFiringMs }: Rule, logs: readonly Known[]): string | undefined => {
    // Of which workloads they are is not known.
    if (followed.kind === 'known' && followed.unfollowed !== undefined)
      return `${followed.unfollowed} more logs than can be followed are not read`;
    const from = clock.now() - (timeframeMs || keepFiringMs);
    for (const { log } of logs) {
      const { namespace, pod, container, skippedAt = -Infinity } = log;
      const why = log.why ?? (skippedAt > from ? 'more was written to its log than could be read' : undefined);
      if (why !== undefined) return `${namespace}/${pod} ${container}: ${why}`;
    }
    return undefined;
  };
  /** There is none that is not followed. */
  const areAll = (): boolean => followed.kind !== 'known' || followed.unfollowed === undefined;
  const gone = (rule: Rule, key: Facts): string | undefined =>
    unwatched(rule) ??
    (followed.kind === 'known' && areAll() && logsOf(rule, key).length === 0
      ? 'no container of it runs on this node'
      : undefined);
  const unread = (rule: Rule, key: Facts): string | undefined => {
    if (followed.kind !== 'known') return followed.why;
    const logs = logsOf(rule, key);
    if (rule.threshold === undefined && rule.cardinality?.min === undefined)
      return unreadable(
        rule,
        logs.filter(({ facts }) => isIn(facts, key)),
      );
    const why = unreadable(rule, logs);
    if (why !== undefined) return why;
    const from = clock.now() - rule.timeframeMs;
    // One that was read all the time is enough: what others said may be missing, and so be silence.
    const isWhole = logs.some(({ log: { readSince = Infinity } }) => readSince <= from);
    return isWhole ? undefined : `none of its containers was read for ${formatDuration(rule.timeframeMs)} yet`;
  };
  return {
    look() {
      followed = lines.followed();
      known = followed.kind === 'known' ? followed.logs.map((log) => ({ log, facts: factsOfLog(log, self) })) : [];
      return lines.take().map((one) => observationOfLines(one, self));
    },
    source: () =>
      followed.kind === 'known' ? { completeSince: Math.max(followed.since, notBefore()) } : { why: followed.why },
    idle: (rule, key) => (gone(rule, key) === undefined ? unread(rule, key) : undefined),
    isGone: (rule, key) => gone(rule, key) !== undefined,
    blind: (rule) =>
      unwatched(rule) ??
      unreadable(rule, logsOf(rule)) ??
      (rule.threshold === undefined ? undefined : (gone(rule, {}) ?? unread(rule, {}))),
    isAbsent: (rule) =>
      followed.kind !== 'unknown' && areAll() && unwatched(rule) === undefined && logsOf(rule).length === 0,
  };
}

/** It is the log in which that was found, or one of those. */
const isIn = (log: Facts, found: Facts): boolean =>
  Object.entries(log).every(([field, text]) => found[field] === undefined || found[field] === text);
