/** The files beside the database: what the agent knew last, readable when it is dead. */
import type { AnyCheck } from '../../checks/types.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { ApiNode, ApiStatus } from './contract.ts';
import { knownNodes, presentNode } from './present-nodes.ts';
import { catalogueOf, presentStatus } from './present.ts';
import { renderStatus } from './text.ts';

/** What `status.json` holds. */
export interface Snapshot {
  readonly status: ApiStatus;
  readonly nodes: readonly ApiNode[];
}

/** The texts of `status.txt` and `status.json`. Ages are those at the moment of the diagnosis. */
export function snapshot(
  state: ClusterState,
  diagnosis: Diagnosis,
  checks: readonly AnyCheck[],
): { readonly text: string; readonly json: string } {
  const catalogue = catalogueOf(checks);
  const status = presentStatus(diagnosis, diagnosis.at);
  const nodes = knownNodes(state).map((known) => presentNode(known, state, catalogue, diagnosis.at));
  const own = nodes.find(({ node }) => node === state.self);
  const written = `Written ${status.at} by Meerkat; the agent may have stopped since.\n`;
  return {
    text: `${renderStatus(status, { own, all: nodes }, diagnosis.at)}${written}`,
    json: `${JSON.stringify({ status, nodes } satisfies Snapshot, undefined, 2)}\n`,
  };
}
