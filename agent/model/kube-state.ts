/** What the Kubernetes API says, where there is one: a second opinion, which nothing waits for. */
import type { ControllerLease, LeaseState, Readiness } from './roster.ts';

/** A node that is being removed from the cluster, or taken out of use. */
export interface Removal {
  readonly node: string;
  /** `cordoned`, or `tainted` and the taint's key. */
  readonly why: string;
  /** Something has announced that the node will be gone soon; by a cordon alone nobody does. */
  readonly isAnnounced: boolean;
  /** Since when this agent knows; monotonic ms. */
  readonly sinceMs: number;
}

/** An API server by an address of its own. */
export interface ServerAddress {
  /** `10.0.0.1:6443`, `[fd00::1]:6443`. */
  readonly address: string;
  /** The Node that has the address; absent: none has, as where the control plane is somebody else's. */
  readonly node?: string;
}

export interface KubeState {
  /** What the API does not allow this agent, in words: `to get nodes`. */
  readonly missingRights: readonly string[];
  /** Where the rest is from; undefined: nobody has read it yet. */
  readonly roster?: {
    /** The node whose agent read it. */
    readonly reader: string;
    /** Since the API last confirmed it. */
    readonly ageMs: number;
    /** Somebody in my component reads it now. */
    readonly isCurrent: boolean;
    /** How many Linux nodes the cluster has. */
    readonly nodes: number;
    /** Nodes about which there was more to say than there was room for. */
    readonly omitted: number;
  };
  /** Whose agents ask and cannot read, and what they are told; empty while somebody reads. */
  readonly unread: readonly { readonly node: string; readonly why: string }[];
  /** Labelled so. */
  readonly controlPlane: readonly string[];
  /** As last heard; also those that are missing. */
  readonly apiServers: readonly ServerAddress[];
  readonly removing: readonly Removal[];
  /** Linux nodes of which the mesh knows no agent, and since when this agent knows that; monotonic ms. */
  readonly withoutAgent: readonly { readonly node: string; readonly sinceMs: number }[];
  /** Of members that are lost, or whose agent says nothing; empty unless somebody reads now. */
  readonly leases: readonly (LeaseState & { readonly node: string })[];
  /** Empty unless somebody reads now. */
  readonly controllers: readonly ControllerLease[];
  readonly notReady: readonly { readonly node: string; readonly ready: Readiness; readonly why?: string }[];
}
