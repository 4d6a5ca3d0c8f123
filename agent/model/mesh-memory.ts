/** What one run of the mesh leaves to the next: with it an agent finds the others, and knows what they said. */
import type { MemberState } from './member.ts';

/** Where a peer answers. */
export interface BookEntry {
  readonly peerId: string;
  /** The best first: `10.0.0.7:7576`. */
  readonly addresses: readonly string[];
}

/** A member as it was when it was last looked at. */
export interface MemberMemory {
  readonly name: string;
  readonly peerId: string;
  readonly state: MemberState;
  /** Since when, Unix ms. */
  readonly since: number;
}

/** What an agent starts with. */
export interface MeshMemory {
  readonly addresses: readonly BookEntry[];
  /** Everything that was signed, with its age in ms. */
  readonly envelopes: readonly { readonly bytes: Uint8Array; readonly ageMs: number }[];
  readonly members: readonly MemberMemory[];
}

/** One signed envelope to keep. Another one with the same key takes its place. */
export interface KeptEnvelope {
  /** `author/type`; of an event `author/event/epoch/place`. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Unix ms by this node's clock, as far as is known. */
  readonly madeAt: number;
}

/** What has changed since it was last asked for; the lists that are there replace what was kept. */
export interface MeshChanges {
  readonly envelopes: readonly KeptEnvelope[];
  /**
   * Authors, as keys begin, that were removed from the cluster: of theirs only events and tombstones are kept. What is
   * among `envelopes` came later.
   */
  readonly forgotten?: readonly string[];
  readonly addresses?: readonly BookEntry[];
  readonly members?: readonly MemberMemory[];
}
