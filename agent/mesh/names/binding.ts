/**
 * Who speaks for a node's name. Every agent claims its name once, with a generation one above the highest that it knows
 * of; what a node's name means is the claim of the highest rank that was accepted.
 */
import type { DecodedBinding } from '../codec/binding.ts';
import { type AuthorKey, peerIdOf } from '../identity/peer-id.ts';

export interface Binding {
  readonly name: string;
  readonly peerId: string;
  /** From 1. */
  readonly generation: number;
  /** PeerId of the claimant that a holder defends its name against, in the claimant's own generation. */
  readonly refuted?: string;
  /** UID of the Node object as the claimant knows it. */
  readonly nodeUid?: string;
}

export function bindingOf(author: AuthorKey, { header, generation, refuted, nodeUid }: DecodedBinding): Binding {
  return {
    name: header.node,
    peerId: peerIdOf(author),
    generation,
    ...(refuted !== undefined && { refuted: peerIdOf(refuted) }),
    ...(nodeUid !== undefined && { nodeUid }),
  };
}

/**
 * Above 0 when `one` ranks higher. The higher generation, then a refutation before a claim, then the smaller PeerId: an
 * order that every agent agrees on, whatever reached it first.
 */
export function compareRank(one: Binding, other: Binding): number {
  const refutations = Number(one.refuted !== undefined) - Number(other.refuted !== undefined);
  const peers = one.peerId === other.peerId ? 0 : one.peerId < other.peerId ? 1 : -1;
  return one.generation - other.generation || refutations || peers;
}
