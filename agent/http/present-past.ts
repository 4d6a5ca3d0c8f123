/** What an agent concluded at an earlier time, and what its log cannot tell. */
import { type StatusAt, type StatusRecord, UNSEEN_MS } from '../model/past-status.ts';
import { formatInstant } from '../model/text.ts';
import type { ApiStatus } from './contract.ts';
import type { ApiPast } from './contract/history.ts';
import { presentFinding } from './present.ts';
import { toInstant } from './units.ts';

/**
 * Only what was written down then: where nothing was, the status is `unknown` and the sentence says why.
 *
 * @param asked Unix ms
 * @param self the node whose log it is
 */
export function presentPast(asked: number, { begins, span, next, over }: StatusAt, self: string): ApiStatus {
  const words = (at: number): string => formatInstant(at, asked);
  const nothing = (sentence: string, past: Partial<ApiPast> = {}): ApiStatus => ({
    status: 'unknown',
    sentence,
    at: toInstant(asked),
    view: { node: self, members: 0, current: 0, settled: false },
    findings: [],
    past: { asked: toInstant(asked), leftOut: 0, away: [], awayLeftOut: 0, ...past },
  });
  if (span === undefined) {
    const why = begins === undefined ? 'is empty' : `begins at ${words(begins)}`;
    return nothing(
      `Nothing is known of that time: the log of ${self} ${why}.`,
      begins === undefined ? {} : { logBegins: toInstant(begins) },
    );
  }
  const { from, until, record } = span;
  if (asked > until) {
    const isShort = next !== undefined && next - until <= UNSEEN_MS;
    const why = isShort
      ? `Not written down ${timeOf(until, next)}: what the agent on ${self} said changed too often, or it was paused.`
      : `Not observed from ${words(until)}${next === undefined ? '' : ` to ${words(next)}`}: the agent on ${self} did not run or was paused.`;
    return nothing(`${why} Before that it said ${record.status}: ${record.sentence}`, {
      gap: { from: toInstant(until), ...(next !== undefined && { to: toInstant(next) }) },
    });
  }
  return { ...presentRecord(record, over, asked), at: toInstant(from), past: pastOf() };

  /** Both may lie in one second. */
  function timeOf(first: number, last: number): string {
    return words(first) === words(last) ? `at ${words(first)}` : `from ${words(first)} to ${words(last)}`;
  }

  function pastOf(): ApiPast {
    return {
      asked: toInstant(asked),
      since: toInstant(from),
      ...(next !== undefined && { until: toInstant(until) }),
      leftOut: record.leftOut,
      away: record.away.map(({ node, state, since }) => ({ node, state, since: toInstant(since) })),
      awayLeftOut: record.awayLeftOut,
    };
  }
}

const presentRecord = (
  { status, sentence, view, findings }: StatusRecord,
  over: StatusAt['over'],
  asked: number,
): Omit<ApiStatus, 'at'> => ({
  status,
  sentence,
  view: { ...view },
  findings: findings.map((finding) => {
    const overBy = over[finding.id];
    return { ...presentFinding(finding, asked), ...(overBy !== undefined && { overBy: toInstant(overBy) }) };
  }),
});
