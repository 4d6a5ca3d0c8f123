/** When a claim of a name that somebody holds is accepted: pure functions of what the agent that judges knows. */
import { MAX_GENERATION } from '../codec/binding.ts';
import { type Binding, compareRank } from './binding.ts';

/** What is known of a claim and of the holder that it would replace. Durations on the judge's own monotonic clock. */
export interface ClaimFacts {
  /** The tombstone of (name, holder) reaches up to this generation. */
  readonly holderBuriedUpTo?: number;
  /** The holder is lost, or has left, for so long; undefined: it is neither. */
  readonly holderAwayForMs?: number;
  /** UID of the Node object by the current roster; undefined where nobody reads it. */
  readonly rosterUid?: string;
  /** The claimant itself answers at every announced address of the holder for so long; undefined: it does not. */
  readonly claimantAtHoldersAddressesForMs?: number;
  /** Any member of my component has a good edge to the holder. */
  readonly holderHasGoodEdge: boolean;
  /** The claim is known, and ranks above the holder, for so long. Told by the register. */
  readonly waitingForMs?: number;
  /** The holder has the name for so long, only because its claim was heard first. Told by the register. */
  readonly holderByChanceForMs?: number;
}

/** Why a claim was accepted. */
export type AcceptReason =
  /**
   * Nobody holds the name, or somebody whose claim came first a moment ago, and whom nobody reaches: who has just started
   * hears of all keys that a name has had at once, in any order.
   */
  | 'free'
  /** The holder itself counts on. */
  | 'same'
  /** The holder of before defends its name. */
  | 'refutation'
  /** The holder was removed from the cluster. */
  | 'holder-buried'
  /** The holder is lost, or has left, for 30 s. */
  | 'holder-away'
  /** The roster shows another Node under the name, and it is the claimant's. */
  | 'node-replaced'
  /** The claimant lives where the holder lived, and nobody sees the holder: the same machine with a new key. */
  | 'same-machine'
  /**
   * The claimant defended the name against a third agent, and the holder could answer for 60 s and did not: it does not
   * take itself for the holder. With three agents of one name, others hear of them in such orders that they would never
   * agree otherwise (the random histories of `register.test.ts`). A mere claim is never accepted for waiting.
   */
  | 'conceded';

export type Judgement =
  | { readonly kind: 'accepted'; readonly why: AcceptReason }
  /** Nothing speaks for it yet. */
  | { readonly kind: 'waiting' }
  /** The holder's binding ranks higher. */
  | { readonly kind: 'outranked' };

export const HOLDER_AWAY_MS = 30_000;
export const SAME_MACHINE_MS = 5000;
export const CONCEDED_MS = 60_000;
/** All that a neighbour knows has come by then. */
export const BY_CHANCE_MS = 5000;

const accepted = (why: AcceptReason): Judgement => ({ kind: 'accepted', why });

export function judgeClaim(claim: Binding, holder: Binding | undefined, facts: ClaimFacts): Judgement {
  if (holder === undefined) return accepted('free');
  if (compareRank(claim, holder) <= 0) return { kind: 'outranked' };
  if (claim.peerId === holder.peerId) return accepted('same');
  // The holder lives on the Node that there is, the claimant on one that there was: whatever it says is void.
  if (isReplaced(claim, holder, facts)) return { kind: 'waiting' };
  if (claim.refuted === holder.peerId) return accepted('refutation');
  const isByChance = (facts.holderByChanceForMs ?? Infinity) < BY_CHANCE_MS;
  if (isByChance && !facts.holderHasGoodEdge) return accepted('free');
  if ((facts.holderBuriedUpTo ?? -1) >= holder.generation) return accepted('holder-buried');
  if ((facts.holderAwayForMs ?? -1) >= HOLDER_AWAY_MS) return accepted('holder-away');
  if (isReplaced(holder, claim, facts)) return accepted('node-replaced');
  const isThere = (facts.claimantAtHoldersAddressesForMs ?? -1) >= SAME_MACHINE_MS;
  if (isThere && !facts.holderHasGoodEdge) return accepted('same-machine');
  const isConceded = claim.refuted !== undefined && (facts.waitingForMs ?? -1) >= CONCEDED_MS;
  return isConceded ? accepted('conceded') : { kind: 'waiting' };
}

/** True when the roster shows that `newer` speaks for the Node there is, and `older` for one that there was. */
function isReplaced(older: Binding, newer: Binding, { rosterUid }: ClaimFacts): boolean {
  return (
    rosterUid !== undefined && newer.nodeUid === rosterUid && older.nodeUid !== undefined && older.nodeUid !== rosterUid
  );
}

/**
 * What a live holder answers to a claim of its name; undefined: nothing. It refutes in the claim's own generation,
 * which ranks higher; where that is the refutation of a third agent and would rank higher still, in the next one. It yields to a refutation of itself: so no two agents answer each other for ever. Only the agent
 * on the Node that the roster shows does not yield to one on a Node that there was: it claims the next generation.
 * Whoever sends answers sends one in 10 s at most: the other side may not know the roster yet.
 */
export function answerTo(claim: Binding, holder: Binding, roster: Pick<ClaimFacts, 'rosterUid'>): Binding | undefined {
  if (claim.peerId === holder.peerId || compareRank(claim, holder) <= 0) return undefined;
  const facts = { ...roster, holderHasGoodEdge: true };
  if (isReplaced(holder, claim, facts)) return undefined;
  if (claim.refuted !== holder.peerId) return refutationOf(claim, holder);
  if (!isReplaced(claim, holder, facts) || claim.generation >= MAX_GENERATION) return undefined;
  const { refuted: _refuted, ...plain } = holder;
  return { ...plain, generation: claim.generation + 1 };
}

/** Ranks above the claim, or agents that hear of both in different orders would never agree. */
function refutationOf(claim: Binding, holder: Binding): Binding | undefined {
  const answer = { ...holder, generation: claim.generation, refuted: claim.peerId };
  if (compareRank(answer, claim) > 0) return answer;
  return claim.generation < MAX_GENERATION ? { ...answer, generation: claim.generation + 1 } : undefined;
}

export interface OwnName {
  readonly name: string;
  readonly peerId: string;
  readonly nodeUid?: string;
}

/**
 * The claim that an agent makes of its own name; undefined: none, because it holds the name, waits, or was refuted and
 * nothing has changed since.
 *
 * @param holder as this agent knows it
 * @param own this agent's latest claim or refutation
 * @param highest the highest generation that is known of the name
 * @param ownBuriedUpTo the tombstone of this agent itself
 * @param facts of a claim against the holder
 */
export function ownClaim(
  self: OwnName,
  known: {
    readonly holder: Binding | undefined;
    readonly own: Binding | undefined;
    readonly highest: number;
    readonly ownBuriedUpTo?: number;
  },
  facts: ClaimFacts,
): Binding | undefined {
  const { holder, own } = known;
  const buriedUpTo = known.ownBuriedUpTo ?? -1;
  const generation = Math.max(known.highest, buriedUpTo) + 1;
  if (generation > MAX_GENERATION) return undefined;
  const claim: Binding = { ...self, generation };
  if (own === undefined || own.generation <= buriedUpTo) return claim;
  if (holder === undefined || holder.peerId === self.peerId || compareRank(own, holder) > 0) return undefined;
  // Refuted or outranked: the same claim again would only be refuted again.
  return judgeClaim(claim, holder, facts).kind === 'accepted' ? claim : undefined;
}
