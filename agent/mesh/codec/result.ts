/** A check's settled result on the wire. Instants are told as their distance from when the report was made. */
import type { Reading, Severity } from '../../../checks/types.ts';
import type { CheckResult, EndedProblem, RaisedProblem, ResultStatus } from '../../model/report.ts';
import { cleanText } from '../../model/text.ts';
import { trimmed, wireMs } from './payload.ts';
import {
  Malformed,
  readArray,
  readDuration,
  readInteger,
  readMatch,
  readNumber,
  readOptional,
  readSince,
  readText,
} from '../../model/read.ts';
import { sharedText } from './shared-text.ts';

/** In the order of their numbers on the wire: new ones are added at the end. */
const STATUSES: readonly ResultStatus[] = ['ok', 'problem', 'unknown', 'absent'];
const SEVERITIES: readonly Severity[] = ['warning', 'critical', 'info'];
const FLAGS = { confirming: 1, timeout: 2, crash: 4, looked: 8 } as const;

const MAX_PROBLEMS = 32;
const MAX_READINGS = 32;
export const MAX_MESSAGE = 300;
export const MAX_SUBJECT = 200;

/** Reasons are PascalCase, readings snake_case; what peers send is not trusted to be either. */
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;

/** @throws {Malformed} */
export const readName = (value: unknown): string => sharedText(readMatch(value, NAME));

/**
 * `[index of the check, status, since, age, interval, duration, flags, problems, why, readings, ended]`; durations in
 * ms.
 */
export const resultItems = (result: CheckResult, check: number, madeAt: number): readonly unknown[] =>
  trimmed([
    check,
    STATUSES.indexOf(result.status),
    Math.round(madeAt - result.since),
    result.ageMs === undefined ? null : wireMs(result.ageMs),
    Math.max(1, wireMs(result.intervalMs)),
    result.durationMs === undefined ? null : wireMs(result.durationMs),
    flagsOf(result) || null,
    orNull(result.problems.slice(0, MAX_PROBLEMS).map((problem) => problemItems(problem, madeAt))),
    result.why === undefined ? null : cleanText(result.why, MAX_MESSAGE),
    orNull(result.readings.filter(isFinite).slice(0, MAX_READINGS).map(readingItems)),
    orNull(result.ended.slice(0, MAX_PROBLEMS).map((problem) => endedItems(problem, madeAt))),
  ]);

/** @throws {Malformed} */
export function readResult(value: unknown, checks: readonly string[], madeAt: number): CheckResult {
  const [index, statusNumber, since, age, interval, duration, flagNumber, problemList, why, readings, ended] =
    readArray(value, 11);
  const check = checks[readInteger(index, 0)];
  if (check === undefined) throw new Malformed('the index of a check');
  const ageMs = readOptional(age, readDuration);
  const durationMs = readOptional(duration, readDuration);
  const flags = readOptional(flagNumber, (number) => readInteger(number, 0)) ?? 0;
  const problems = listOf(problemList, MAX_PROBLEMS, (problem) => readProblem(problem, madeAt));
  const said = statusOf(
    STATUSES[readInteger(statusNumber, 0)],
    problems,
    readOptional(why, (text) => readText(text, MAX_MESSAGE)),
  );
  const rest = {
    since: readSince(since, madeAt),
    intervalMs: readNumber(interval, 1, Number.MAX_SAFE_INTEGER),
    readings: listOf(readings, MAX_READINGS, readReading),
    confirming: (flags & FLAGS.confirming) !== 0,
    ended: listOf(ended, MAX_PROBLEMS, (problem) => readEnded(problem, madeAt)),
  };
  if (said.why === undefined && ageMs !== undefined && durationMs !== undefined) {
    const usual = usualResult(check, said, rest, { ageMs, durationMs, flags });
    if (usual !== undefined) return usual;
  }
  return {
    check,
    ...said,
    ...rest,
    ...(ageMs !== undefined && { ageMs }),
    ...(durationMs !== undefined && { durationMs }),
    ...((flags & FLAGS.timeout) !== 0 && { cutShort: 'timeout' as const }),
    ...((flags & FLAGS.crash) !== 0 && { cutShort: 'crash' as const }),
    ...((flags & FLAGS.looked) !== 0 && { looked: true as const }),
  };
}

/** Nearly all of them, in one piece: there are 100,000 in a cluster of 5,000, and so they take half the memory. */
function usualResult(
  check: string,
  { status, problems }: Status,
  {
    since,
    intervalMs,
    readings,
    confirming,
    ended,
  }: Pick<CheckResult, 'since' | 'intervalMs' | 'readings' | 'confirming' | 'ended'>,
  { ageMs, durationMs, flags }: { readonly ageMs: number; readonly durationMs: number; readonly flags: number },
): CheckResult | undefined {
  if ((flags & (FLAGS.timeout | FLAGS.crash)) !== 0) return undefined;
  return (flags & FLAGS.looked) === 0
    ? { check, status, problems, since, intervalMs, ageMs, durationMs, readings, confirming, ended }
    : { check, status, problems, since, intervalMs, ageMs, durationMs, looked: true, readings, confirming, ended };
}

const NOTHING: readonly never[] = [];

/** Most lists are empty, and all empty ones are the same. */
function listOf<T>(value: unknown, maxLength: number, read: (item: unknown) => T): readonly T[] {
  const items = readArray(value, maxLength);
  return items.length === 0 ? NOTHING : items.map(read);
}

type Status = Pick<CheckResult, 'status' | 'problems' | 'why'>;

/** What cannot be told is unknown, never green. */
function statusOf(
  status: ResultStatus | undefined,
  problems: readonly RaisedProblem[],
  why: string | undefined,
): Status {
  if (status === undefined) return { status: 'unknown', problems: [], why: 'a newer version says something new here' };
  // Nodes without a thing have it for the same few reasons.
  if (status === 'absent' && why !== undefined) return { status, problems: NOTHING, why: sharedText(why) };
  if (status !== 'problem') return { status, problems: NOTHING, ...(why !== undefined && { why }) };
  if (problems.length === 0) return { status: 'unknown', problems, why: 'a problem without a name' };
  return { status, problems, ...(why !== undefined && { why }) };
}

const flagsOf = ({ confirming, cutShort, looked }: CheckResult): number =>
  (confirming ? FLAGS.confirming : 0) |
  (cutShort === undefined ? 0 : FLAGS[cutShort]) |
  (looked === true ? FLAGS.looked : 0);

/** `[reason, severity, since, message, subject]` */
const problemItems = (problem: RaisedProblem, madeAt: number): readonly unknown[] =>
  trimmed([
    problem.reason,
    SEVERITIES.indexOf(problem.severity),
    Math.round(madeAt - problem.since),
    cleanText(problem.message, MAX_MESSAGE),
    problem.subject === undefined ? null : cleanText(problem.subject, MAX_SUBJECT),
  ]);

/** @throws {Malformed} */
function readProblem(value: unknown, madeAt: number): RaisedProblem {
  const [reason, severity, since, message, subjectText] = readArray(value, 5);
  const subject = readOptional(subjectText, (text) => readText(text, MAX_SUBJECT));
  return {
    reason: readName(reason),
    // A severity that is not known here is graver than the ones that are, or it would not have been made.
    severity: SEVERITIES[readInteger(severity, 0)] ?? 'critical',
    since: readSince(since, madeAt),
    message: readText(message, MAX_MESSAGE),
    ...(subject !== undefined && { subject }),
  };
}

/** `[endedMs, …problem]` */
const endedItems = (problem: EndedProblem, madeAt: number): readonly unknown[] => [
  wireMs(problem.endedMs),
  ...problemItems(problem, madeAt),
];

/** @throws {Malformed} */
function readEnded(value: unknown, madeAt: number): EndedProblem {
  const [endedMs, ...problem] = readArray(value, 6);
  return { ...readProblem(problem, madeAt), endedMs: readDuration(endedMs) };
}

const isFinite = ({ value }: Reading): boolean => Number.isFinite(value);

/** `[name, value, subject]`; of a fraction six digits are more than any chart shows. */
const readingItems = ({ name, value, subject }: Reading): readonly unknown[] =>
  trimmed([name, Number.isInteger(value) ? value : Number(value.toPrecision(6)), subject ?? null]);

/** @throws {Malformed} */
function readReading(item: unknown): Reading {
  const [name, value, subjectText] = readArray(item, 3);
  const subject = readOptional(subjectText, (text) => readText(text, MAX_SUBJECT));
  return {
    name: readName(name),
    value: readNumber(value, -Number.MAX_VALUE, Number.MAX_VALUE),
    ...(subject !== undefined && { subject }),
  };
}

const orNull = (items: readonly unknown[]): readonly unknown[] | null => (items.length === 0 ? null : items);
