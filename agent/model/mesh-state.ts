/** What an agent knows of the others: part of {@link ClusterState}, absent where there is no mesh. */
import type { Removal } from './kube-state.ts';
import type { Maintenance } from './maintenance.ts';
import type { Member } from './member.ts';

/**
 * How far a peer's report may be believed.
 *
 * - `current`: its author is in my component, and nobody attests a later one
 * - `lagging`: its author is in my component, and a later one has been attested for more than 10 s
 * - `stale`: its author is not in my component. The report is history
 */
export type Freshness = 'current' | 'lagging' | 'stale';

/** Two agents that live claim the name of one node. */
export interface NameConflict {
  readonly kind: 'name';
  readonly name: string;
  /** What tells the two apart for a person: their PeerIds, with addresses where they are known. */
  readonly claimants: readonly string[];
  /** Unix ms. */
  readonly since: number;
}

/** Another agent answers at a node's address. */
export interface AddressConflict {
  readonly kind: 'address';
  /** The node that is said to be there. */
  readonly node: string;
  readonly address: string;
  /** Who answers: a node's name, or a PeerId that nobody knows. */
  readonly found: string;
  readonly since: number;
}

/** A time in which a member was not reachable, and which is over. Times are Unix ms by this agent's clock. */
export interface Outage {
  readonly node: string;
  /** When the member was called unreachable. For this node itself: when its own earlier life was last heard of. */
  readonly from: number;
  readonly to: number;
  /** Who of my component lost it. */
  readonly observers: readonly string[];
  /** Members that it lost meanwhile, by its own event log. Not empty: it was running, and cut off. */
  readonly lostByItself: readonly string[];
  /** When its host booted, by its own word. */
  readonly bootedAt?: number;
}

/** A configured seed at which nobody of this cluster was met. */
export interface UnmetSeed {
  /** `10.0.0.7:7576`, or `seed-1:7576` of a name without addresses. */
  readonly address: string;
  /** The DNS name that was configured, where it is one. */
  readonly name?: string;
  /** Why the name gives no address: there is none, it has none, no DNS server tells. */
  readonly fault?: 'no-such-name' | 'no-addresses' | 'no-server';
  /** Somebody listens there and shares no key with this agent. Otherwise it does not answer, or not as an agent. */
  readonly refusesKey: boolean;
  /** Since when it is tried, monotonic ms. */
  readonly sinceMs: number;
}

/** Which cluster keys agents accept, by their ids. */
export interface KeyState {
  /** Of this agent, the one that it uses first. */
  readonly own: readonly string[];
  /** Of the others by their latest reports, however old; without those that did not say. */
  readonly members: readonly { readonly node: string; readonly ids: readonly string[] }[];
  /** Members at whose address an agent listens that shares no key with this one. */
  readonly refusals: readonly {
    readonly node: string;
    readonly address: string;
    /** Monotonic, ms. */
    readonly sinceMs: number;
  }[];
}

/** A peer that does what no agent of any version does. Times are on this agent's monotonic clock, ms. */
export interface Misbehaviour {
  /** Undefined: its key has no node's name. */
  readonly node: string | undefined;
  readonly peerId: string;
  readonly addresses: readonly string[];
  /** How often it did what, since `sinceMs`. */
  readonly misdeeds: Readonly<Partial<Record<Misdeed, number>>>;
  readonly sinceMs: number;
  /** Until then this agent does not talk to it; in the past: it may come back. */
  readonly refusedUntilMs: number;
}

/**
 * - `malformed`: a frame, a broadcast or a stream of frames that no agent writes, a zstd bomb among them
 * - `oversize`: more than the protocol lets anybody send at once
 * - `unasked`: records for which nobody asked
 * - `forged`: an envelope that its author did not sign, or that is none
 * - `flood`: more bytes, or more events of its own, than an agent ever has
 * - `streams`: more streams than an agent ever opens
 * - `invented`: more agents, of which nobody here knows, than the largest cluster has
 */
export type Misdeed = 'malformed' | 'oversize' | 'unasked' | 'forged' | 'flood' | 'streams' | 'invented';

export interface MeshState {
  /** Every known member, also this node. */
  readonly members: readonly Member[];
  /**
   * Unix ms at which this agent's monotonic clock read 0: `now() - monotonic()`. Turns the members' and edges' times into
   * instants. Kept as it is while it drifts by less than a second, so that instants stay the same from state to state.
   */
  readonly originMs: number;
  /** False while nothing that was learned from disk is judged. */
  readonly settled: boolean;
  /** Set while this node is cut off from everybody, also from witnesses that are no agents. */
  readonly isolated?: {
    /** Monotonic, ms. */
    readonly sinceMs: number;
    /** Who was asked, and did not answer: `gateway 10.0.0.1`. Empty: this node has no carrier. */
    readonly witnesses: readonly string[];
  };
  /** Nodes that are control-plane nodes whatever their reports say: configured, labelled, or known from before. */
  readonly controlPlane: readonly string[];
  /** Nodes that are being removed from the cluster: cordoned when they were lost, or tainted for it. */
  readonly removing: readonly Removal[];
  /** Nodes in maintenance now, by node. */
  readonly maintenance?: readonly Maintenance[];
  readonly conflicts: readonly (NameConflict | AddressConflict)[];
  /** Of the last 15 minutes. */
  readonly outages: readonly Outage[];
  readonly unmetSeeds?: readonly UnmetSeed[];
  readonly keys?: KeyState;
  /** Where the agent of a node listens, `10.0.0.7:7576`, by its own word or by where it answered; empty: nobody knows. */
  readonly addressesOf?: (node: string) => readonly string[];
  /** Peers that this agent has cut off, now or a short while ago. */
  readonly misbehaving?: readonly Misbehaviour[];
  /** Hexadecimal digest of all reports' contents: two agents with the same digest know the same of every node. */
  readonly digest: string;
}
