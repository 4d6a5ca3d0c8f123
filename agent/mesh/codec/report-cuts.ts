/**
 * What a report gives up when it has no room in an envelope of 16 KiB, in this order. Each is done only when the ones
 * before did not suffice; a report says how far it went.
 *
 * 1. problems that have ended
 * 2. the end of long messages
 * 3. readings
 * 4. the figures of edges; their states stay
 * 5. problems of a check beyond the three gravest
 * 6. whole results, those that say the least first: absent, ok, unknown, problem. Their number is told, so that nobody
 *    takes a check that is missing for one that is well.
 */
import type { RaisedProblem, ResultStatus } from '../../model/report.ts';
import { cleanText } from '../../model/text.ts';
import type { WireEdge } from './edge.ts';
import type { ReportContent } from './report.ts';

/** The same content with less in it, or the very same object when there is nothing left to give up. */
export type Cut = (content: ReportContent) => ReportContent;

const SHORT_MESSAGE = 80;
const SHORT_SUBJECT = 60;
const MAX_PROBLEMS = 3;
/** Results that go at once. */
const STEP = 8;

/** Done once: the same again would change nothing. */
const once =
  (isDone: (content: ReportContent) => boolean, cut: Cut): Cut =>
  (content) =>
    isDone(content) ? content : cut(content);

export const CUTS: readonly Cut[] = [
  once(
    ({ report }) => report.results.every(({ ended }) => ended.length === 0),
    (content) => mapResults(content, (result) => ({ ...result, ended: [] })),
  ),
  once(
    ({ report }) => report.results.every(isShort),
    (content) =>
      mapResults(content, (result) => ({
        ...result,
        problems: result.problems.map(shortened),
        ...(result.why !== undefined && { why: cleanText(result.why, SHORT_MESSAGE) }),
      })),
  ),
  once(
    ({ report }) => report.results.every(({ readings }) => readings.length === 0),
    (content) => mapResults(content, (result) => ({ ...result, readings: [] })),
  ),
  once(
    ({ edges }) => edges.every((edge) => edge === bare(edge)),
    (content) => ({ ...content, edges: content.edges.map(bare) }),
  ),
  once(
    ({ report }) => report.results.every(({ problems }) => problems.length <= MAX_PROBLEMS),
    (content) => mapResults(content, (result) => ({ ...result, problems: gravest(result.problems) })),
  ),
  withoutLeast,
];

type Result = ReportContent['report']['results'][number];

const mapResults = (content: ReportContent, change: (result: Result) => Result): ReportContent => ({
  ...content,
  report: { ...content.report, results: content.report.results.map(change) },
});

const isShort = ({ problems, why }: Result): boolean =>
  (why?.length ?? 0) <= SHORT_MESSAGE &&
  problems.every(({ message, subject }) => message.length <= SHORT_MESSAGE && (subject?.length ?? 0) <= SHORT_SUBJECT);

const shortened = (problem: RaisedProblem): RaisedProblem => ({
  ...problem,
  message: cleanText(problem.message, SHORT_MESSAGE),
  ...(problem.subject !== undefined && { subject: cleanText(problem.subject, SHORT_SUBJECT) }),
});

/** Without its figures; the same edge where it has none. */
function bare(edge: WireEdge): WireEdge {
  const { rttMs, offset, lossTo, lossFrom, ...rest } = edge;
  return [rttMs, offset, lossTo, lossFrom].every((figure) => figure === undefined) ? edge : rest;
}

const GRAVITY: Readonly<Record<RaisedProblem['severity'], number>> = { critical: 2, warning: 1, info: 0 };

const gravest = (problems: readonly RaisedProblem[]): readonly RaisedProblem[] =>
  [...problems].sort((a, b) => GRAVITY[b.severity] - GRAVITY[a.severity]).slice(0, MAX_PROBLEMS);

const WORTH: Readonly<Record<ResultStatus, number>> = { problem: 3, unknown: 2, ok: 1, absent: 0 };

function withoutLeast(content: ReportContent): ReportContent {
  const { results } = content.report;
  if (results.length === 0) return content;
  const goners = new Set([...results].sort((a, b) => WORTH[a.status] - WORTH[b.status]).slice(0, STEP));
  return {
    ...content,
    report: { ...content.report, results: results.filter((result) => !goners.has(result)) },
    omittedResults: content.omittedResults + goners.size,
  };
}
