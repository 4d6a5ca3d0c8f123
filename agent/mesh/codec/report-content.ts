/** Tells news in a report from mere ageing. */
import { resultNews } from '../../model/report.ts';
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
    report.liveness ?? null,
    report.results.map(resultNews),
    edges
      // What is broken of the overlay is a result of its check.
      .filter(({ sampled, network }) => sampled !== true && network === 'underlay')
      .map((edge) => [edge.peer, edge.state ?? '', isUnheard(edge) ? 'unheard' : ''])
      .sort(byText),
    store.state,
    addresses,
    keyIds,
  ]);

/** The peer says that it does not hear this node's probes: a path that is lost in one direction is another fact. */
const isUnheard = ({ state, lossTo = 0 }: WireEdge): boolean => state === 'lost' && lossTo >= MOST_LOST;
const MOST_LOST = 0.5;

const byText = (a: readonly string[], b: readonly string[]): number => a.join().localeCompare(b.join());
