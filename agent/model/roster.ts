/**
 * What the Kubernetes API says of the cluster's Nodes, as a roster reader tells it on: only of those about which there is
 * something to say, so that it stays small however large the cluster is.
 */
import type { NodeTrouble } from '../../checks/types.ts';

/** How a Node's condition `Ready` stands. `unknown`: the cluster has not heard from the kubelet. */
export type Readiness = 'true' | 'false' | 'unknown';

export interface RosterEntry {
  readonly name: string;
  /** Of the Node object: another one under the same name is another machine, or the same one registered anew. */
  readonly uid: string;
  readonly isControlPlane: boolean;
  readonly zone?: string;
  /** Since when it is cordoned, as far as the reader knows, in ms before the roster was made. */
  readonly cordonedForMs?: number;
  /** The taint by which something announces that the node will be removed. */
  readonly removedBy?: string;
  readonly ready: Readiness;
  readonly notReadyBecause?: string;
  /** The kubelet's own words, where it says itself that it is not ready. */
  readonly notReadyMessage?: string;
  /** Absent: none. */
  readonly troubles?: readonly NodeTrouble[];
  /** A Linux node of which the mesh knows no agent. */
  readonly hasNoAgent?: true;
  readonly lease?: LeaseState;
}

/**
 * The Lease that a node's kubelet renews every 10 s, looked at while the node is lost, or its agent says nothing. `renewed`: it changed
 * within 40 s. `stale`: it did not, while the API answered. `none`: there is no such Lease.
 */
export interface LeaseState {
  readonly kind: 'renewed' | 'stale' | 'none';
  /** For how long it has not changed while it was looked at, in ms before the roster was made. */
  readonly unchangedForMs: number;
}

/** Of a controller of the control plane, of which only the holder works. Stale after twice its own duration. */
export interface ControllerLease extends LeaseState {
  readonly name: (typeof CONTROLLERS)[number];
  /** As it calls itself: mostly its host, `_` and a UUID. */
  readonly holder?: string;
}

export const CONTROLLERS = ['kube-scheduler', 'kube-controller-manager'] as const;

export interface Roster {
  /** Why the API cannot be read now; the entries are as they were then. */
  readonly fault?: string;
  /** When the API last confirmed it, in ms before the roster was made; undefined: it never did. */
  readonly confirmedMs?: number;
  /** How many Linux nodes there are. */
  readonly nodes: number;
  /** The API servers' own addresses: `https://10.0.0.1:6443`; also of those that are missing on a control-plane Node. */
  readonly apiServers: readonly string[];
  /** In the same order the Nodes on which they are; undefined: on none of the cluster's. */
  readonly serverNodes?: readonly (string | undefined)[];
  readonly entries: readonly RosterEntry[];
  /** Those of which something can be told. */
  readonly controllers: readonly ControllerLease[];
  /** Entries that had no room. */
  readonly omitted: number;
  /** Members that know a Node as theirs which is not there any more. Absent: too many to tell, or the reader is too old to. */
  readonly withoutNode?: readonly string[];
}

/** As many names as {@link Roster.withoutNode} has room for. */
export const MAX_WITHOUT_NODE = 32;

/** A roster as it was heard. */
export interface HeardRoster {
  /** The reader's node. */
  readonly node: string;
  /** Since it was made, ms. */
  readonly elapsedMs: number;
  /** Its author is in my component. */
  readonly isCurrent: boolean;
  readonly roster: Roster;
}
