/** All that an agent knows of the cluster at one moment: what the diagnosis is a pure function of. */
import type { KubeState } from './kube-state.ts';
import type { Freshness, MeshState } from './mesh-state.ts';
import type { BlockedPort } from './ports.ts';
import type { NodeReport } from './report.ts';
import type { StatedEdges } from './stated-edges.ts';
import type { Signal } from './signal.ts';
import type { PeerStore, StoreHealth } from './store-health.ts';

export interface NodeState {
  readonly report: NodeReport;
  /** Milliseconds since the report was made, on the reader's own monotonic clock. */
  readonly elapsedMs: number;
  /** Of a peer's report; absent for this node's own. */
  readonly freshness?: Freshness;
  /** What the node states of others. */
  readonly edges?: StatedEdges;
  /** Of a peer, by its report. */
  readonly store?: PeerStore;
}

export interface ClusterState {
  /** The node that looks. */
  readonly self: string;
  readonly nodes: readonly NodeState[];
  readonly store: StoreHealth;
  /** Checks that this agent leaves out, with the reason. */
  readonly leftOut: readonly { readonly check: string; readonly why: string; readonly at: number }[];
  /** False until every check of this node has run once, or 10 s have passed. */
  readonly settled: boolean;
  /** True for the first seconds after this agent was paused: that results are old then is nobody's fault. */
  readonly catchingUp: boolean;
  /** When this agent last noticed that it had been paused, on its monotonic clock, ms. */
  readonly resumedAtMs?: number;
  /** What is known of the other agents; absent where this one does not talk to others. */
  readonly mesh?: MeshState;
  /** Absent where there is no Kubernetes, or it is not asked. */
  readonly kube?: KubeState;
  /** Why this agent cannot talk to others although it should, without a full stop. `since` is Unix ms. */
  readonly meshFault?: { readonly why: string; readonly since: number };
  /** What alert managers and scripts say of workloads. */
  readonly signals?: readonly Signal[];
  /** What this node cannot reach of others whose agents answer it. */
  readonly blockedPorts?: readonly BlockedPort[];
}
