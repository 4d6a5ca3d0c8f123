/** The stores of this agent and of those whose reports are current. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { PeerStore } from '../model/store-health.ts';

export interface SeenStore extends PeerStore {
  readonly node: string;
  /** Known of this node's own store only. */
  readonly directory?: string;
}

export function storesOf({ self, store, nodes }: ClusterState): readonly SeenStore[] {
  const peers = nodes.flatMap(({ report: { node }, freshness, store: peer }): SeenStore[] =>
    freshness !== 'current' || peer === undefined || peer.state === 'ok' ? [] : [{ node, ...peer }],
  );
  return [{ node: self, ...store }, ...peers];
}
