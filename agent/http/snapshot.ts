/** The files beside the database: what the agent knew last, readable when it is dead. */
import type { AnyCheck } from '../../checks/types.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { ApiNode, ApiNodeSummary, ApiStatus } from './contract.ts';
import { knownNodes, presentNode, presentNodes } from './present-nodes.ts';
import { catalogueOf, presentStatus } from './present.ts';
import { renderStatus } from './text.ts';

/** What `status.json` holds. */
export interface Snapshot {
  readonly status: ApiStatus;
  /** With its checks: this node, and others as long as they are few, those that are not fine first. */
  readonly nodes: readonly (ApiNode | ApiNodeSummary)[];
}

/** So many nodes are written with all their checks, 10 KB each; 5,000 would be 42 MB, and block the agent for a second. */
const MAX_DETAILED = 100;

/** The texts of `status.txt` and `status.json`. Ages are those at the moment of the diagnosis. */
export function snapshot(
  state: ClusterState,
  diagnosis: Diagnosis,
  checks: readonly AnyCheck[],
): { readonly text: string; readonly json: string } {
  const status = presentStatus(diagnosis, diagnosis.at);
  const nodes = presentSome(state, diagnosis.at, checks);
  const own = nodes.find((one): one is ApiNode => one.node === state.self && 'checks' in one);
  const written = `Written ${status.at} by Meerkat; the agent may have stopped since.\n`;
  return {
    text: `${renderStatus(status, { own, all: nodes }, diagnosis.at)}${written}`,
    json: `${JSON.stringify({ status, nodes } satisfies Snapshot, undefined, 2)}\n`,
  };
}

function presentSome(
  state: ClusterState,
  now: number,
  checks: readonly AnyCheck[],
): readonly (ApiNode | ApiNodeSummary)[] {
  const catalogue = catalogueOf(checks);
  const all = new Map(knownNodes(state).map((known) => [known.name, known]));
  const { nodes } = presentNodes(state, now);
  const rank = ({ node, status }: ApiNodeSummary): number => (node === state.self ? 0 : status === 'ok' ? 2 : 1);
  const first = [...nodes].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_DETAILED);
  const detailed = new Set(first.map(({ node }) => node));
  return nodes.map((summary) => {
    const known = all.get(summary.node);
    return known !== undefined && detailed.has(summary.node) ? presentNode(known, state, catalogue, now) : summary;
  });
}
