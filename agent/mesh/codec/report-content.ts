/** Tells news in a report from mere ageing. */
import type { CheckResult, RaisedProblem } from '../../model/report.ts';
import type { ReportContent } from './report.ts';

/**
 * Text that is the same for two reports of one agent exactly when nothing changed but ages, figures and wording: a
 * message with a figure in it changes with every run. The author counts its content sequence up when this differs.
 */
export const contentOf = ({ report, edges, store, addresses }: Omit<ReportContent, 'omittedResults'>): string =>
  JSON.stringify([
    report.version,
    report.startedAt,
    report.results.map(resultContent),
    edges
      .filter(({ sampled }) => sampled !== true)
      .map(({ peer, network, state }) => [peer, network, state ?? ''])
      .sort(byText),
    store.state,
    addresses,
  ]);

const resultContent = ({
  check,
  status,
  since,
  problems,
  cutShort,
  intervalMs,
  confirming,
  ended,
}: CheckResult): unknown[] => [
  check,
  status,
  since,
  problems.map(problemContent),
  cutShort ?? null,
  intervalMs,
  confirming,
  ended.map(problemContent),
];

const problemContent = ({ reason, subject, severity, since }: RaisedProblem): unknown[] => [
  reason,
  subject ?? null,
  severity,
  since,
];

const byText = (a: readonly string[], b: readonly string[]): number => a.join().localeCompare(b.join());
