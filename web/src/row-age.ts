/** When a row of the grid is asked for again. */
import { differs } from './fleet.ts';
import { isHistory } from './members.ts';
import type { NodeEntry } from './nodes.ts';
import type { Received, Summaries } from './state.ts';

const PERIOD_MS = 15_000;
/** History changes only when its agent is back, and the summary says that. */
const HISTORY_PERIOD_MS = 120_000;

/** Unix ms. At once where a later summary says something else of the node. */
export function rowDueAt(entry: NodeEntry | undefined, summaries: Received<Summaries> | undefined): number {
  if (entry === undefined) return -Infinity;
  if ('failure' in entry) return entry.receivedAt + PERIOD_MS;
  const { value: node, receivedAt } = entry;
  const summary = summaries?.value.nodes.find((candidate) => candidate.node === node.node);
  const isOutdated =
    summaries !== undefined && summary !== undefined && summaries.receivedAt > receivedAt && differs(summary, node);
  return isOutdated ? receivedAt : receivedAt + (isHistory(node) ? HISTORY_PERIOD_MS : PERIOD_MS);
}
