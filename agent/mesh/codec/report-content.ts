/** Tells news in a report from mere ageing. */
import { type CheckResult, type RaisedProblem, isOverdue } from '../../model/report.ts';
import type { WireEdge } from './edge.ts';
import type { ReportContent } from './report.ts';

/**
 * Text that is the same for two reports of one agent exactly when nothing changed but ages, figures and wording: a
 * message with a figure in it changes with every run. The author counts its content sequence up when this differs.
 */
export const contentOf = ({
  report,
  edges,
  store,
  addresses,
  keyIds = [],
}: Omit<ReportContent, 'omittedResults'>): string =>
  JSON.stringify([
    report.version,
    report.startedAt,
    report.catchingUp === true,
    report.place ?? null,
    report.podAddresses ?? null,
    report.results.map(resultContent),
    edges
      .filter(({ sampled }) => sampled !== true)
      .map((edge) => [edge.peer, edge.network, edge.state ?? '', isUnheard(edge) ? 'unheard' : ''])
      .sort(byText),
    store.state,
    addresses,
    keyIds,
  ]);

const resultContent = (result: CheckResult): unknown[] => {
  const { check, status, since, problems, cutShort, intervalMs, confirming, ended } = result;
  return [
    check,
    status,
    since,
    problems.map(problemContent),
    cutShort ?? null,
    intervalMs,
    confirming,
    ended.map(problemContent),
    isOverdue(result, 0),
  ];
};

const problemContent = ({ reason, subject, severity, since }: RaisedProblem): unknown[] => [
  reason,
  subject ?? null,
  severity,
  since,
];

/** The peer says that it does not hear this node's probes: a path that is lost in one direction is another fact. */
const isUnheard = ({ state, lossTo = 0 }: WireEdge): boolean => state === 'lost' && lossTo >= MOST_LOST;
const MOST_LOST = 0.5;

const byText = (a: readonly string[], b: readonly string[]): number => a.join().localeCompare(b.join());
