/** When a claim of a name that somebody holds is accepted: pure functions of what the agent that judges knows. */
import { MAX_GENERATION } from '../codec/binding.ts';
import { MAX_BURIED } from '../codec/tombstone.ts';
import { type Binding, compareRank } from './binding.ts';

/** What is known of a claim and of the holder that it would replace. Durations on the judge's own monotonic clock. */
export interface ClaimFacts {
  /** The tombstone of (name, holder) reaches up to this generation. */
  readonly holderBuriedUpTo?: number;
  /** The holder is lost, or has left, for so long; undefined: it is neither. */
  readonly holderAwayForMs?: number;
  /** Of the two, the holder was heard of last: then it is the claimant that has gone for longer. */
  readonly holderHeardLater?: boolean;
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
  /** The claimant is heard of, whatever it is called here. Told by the register; undefined: it was not looked at. */
  readonly claimantIsPresent?: boolean;
  /** Undefined: it was not looked at. */
  readonly sightings?: Sightings;
}

/**
 * What the observers of a name see of two agents that claim it: each looks for the one that it takes for the holder. Both
 * have the same observers, because these are chosen by the name.
 */
export interface Sightings {
  /** So many reach the claimant. */
  readonly claimant: number;
  /** So many reach the holder. */
  readonly holder: number;
  /** So many look for one of the two and do not reach it. */
  readonly neither: number;
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
  /** The holder of before defends its name, and no fewer see it than the one who has the name here. */
  | 'refutation'
  /** More observers see the claimant than the holder: after a partition, or where a false claim was heard first. */
  | 'seen-by-more'
  /** The holder was removed from the cluster, and nobody sees it: else it claims its name anew. */
  | 'holder-buried'
  /** The holder is lost, or has left, for 30 s, and the claimant was heard of since: of two that are gone the last stays. */
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
/** What others see is known by then. */
export const UNSEEN_MS = 10_000;

const accepted = (why: AcceptReason): Judgement => ({ kind: 'accepted', why });

/**
 * Anybody with the cluster's key can sign a claim of any rank, also a refutation. So rank decides only among agents that
 * are seen by equally many. What is known of the holder decides whatever ranks higher, because there is nothing above the
 * last generation: else a claim of that one would block a name for ever.
 */
export function judgeClaim(claim: Binding, holder: Binding | undefined, facts: ClaimFacts): Judgement {
  if (holder === undefined) return accepted('free');
  const isHigher = compareRank(claim, holder) > 0;
  if (!isHigher && (claim.peerId === holder.peerId || facts.claimantIsPresent !== true)) return { kind: 'outranked' };
  if (claim.peerId === holder.peerId) return accepted('same');
  // The holder lives on the Node that there is, the claimant on one that there was: whatever it says is void.
  if (isReplaced(claim, holder, facts)) return { kind: 'waiting' };
  const why = (isHigher ? whyByRank(claim, holder, facts) : undefined) ?? whyByFacts(claim, holder, facts);
  if (why !== undefined) return accepted(why);
  return { kind: isHigher ? 'waiting' : 'outranked' };
}

function whyByRank(claim: Binding, holder: Binding, facts: ClaimFacts): AcceptReason | undefined {
  if (claim.refuted === holder.peerId && isSeenAsWell(facts)) return 'refutation';
  const isByChance = (facts.holderByChanceForMs ?? Infinity) < BY_CHANCE_MS;
  if (isByChance && !facts.holderHasGoodEdge) return 'free';
  const isConceded = claim.refuted !== undefined && (facts.waitingForMs ?? -1) >= CONCEDED_MS;
  return isConceded && isSeenAsWell(facts) ? 'conceded' : undefined;
}

function whyByFacts(claim: Binding, holder: Binding, facts: ClaimFacts): AcceptReason | undefined {
  if (isSeenByMore(facts)) return 'seen-by-more';
  if ((facts.holderBuriedUpTo ?? -1) >= holder.generation && !facts.holderHasGoodEdge) return 'holder-buried';
  if ((facts.holderAwayForMs ?? -1) >= HOLDER_AWAY_MS && facts.holderHeardLater !== true) return 'holder-away';
  if (isReplaced(holder, claim, facts)) return 'node-replaced';
  const isThere = (facts.claimantAtHoldersAddressesForMs ?? -1) >= SAME_MACHINE_MS;
  return isThere && !facts.holderHasGoodEdge ? 'same-machine' : undefined;
}

/** Not while the holder restarts: then most see neither. */
const isSeenByMore = ({ sightings }: ClaimFacts): boolean =>
  sightings !== undefined && sightings.claimant > Math.max(sightings.holder, sightings.neither);

/** Where nobody looks for either there is nobody but the two, or who judges has just started. */
function isSeenAsWell({ sightings, waitingForMs }: ClaimFacts): boolean {
  if (sightings === undefined) return true;
  const { claimant, holder, neither } = sightings;
  if (claimant === 0) return holder + neither === 0 && (waitingForMs ?? -1) >= UNSEEN_MS;
  return claimant >= Math.max(holder, neither);
}

/** True when the roster shows that `newer` speaks for the Node there is, and `older` for one that there was. */
function isReplaced(older: Binding, newer: Binding, { rosterUid }: ClaimFacts): boolean {
  return (
    rosterUid !== undefined && newer.nodeUid === rosterUid && older.nodeUid !== undefined && older.nodeUid !== rosterUid
  );
}

/**
 * What a live holder answers to a claim of its name; undefined: nothing. It refutes in the claim's own generation,
 * which ranks higher; where that is the refutation of a third agent and would rank higher still, in the next one. It has
 * no answer to a refutation of itself: so no two agents answer each other for ever. Only the agent on the Node that the
 * roster shows has one for an agent on a Node that there was: it claims the next generation.
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
  const generation = compareRank(answer, claim) > 0 ? claim.generation : claim.generation + 1;
  // Beyond it nobody could remove this agent any more.
  return generation <= MAX_BURIED ? { ...answer, generation } : undefined;
}

export interface OwnName {
  readonly name: string;
  readonly peerId: string;
  readonly nodeUid?: string;
}

/**
 * The claim that an agent makes of its own name; undefined: none, because it holds the name, waits, or was refuted and
 * nothing has changed since. Whose Node was registered anew says so by another claim.
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
  // Whatever others claim: an agent goes beyond what can be removed only when somebody has removed it there.
  const generation = Math.max(Math.min(known.highest, MAX_BURIED - 1), buriedUpTo) + 1;
  const claim: Binding = { ...self, generation };
  if (own === undefined || own.generation <= buriedUpTo) return claim;
  const isNewNode = self.nodeUid !== undefined && self.nodeUid !== own.nodeUid;
  if (holder?.peerId === self.peerId) return isNewNode && generation > own.generation ? claim : undefined;
  if (holder === undefined || (compareRank(own, holder) > 0 && !isNewNode)) return undefined;
  if (generation <= own.generation) return undefined;
  // Refuted or outranked: the same claim again would only be refuted again.
  return judgeClaim(claim, holder, facts).kind === 'accepted' ? claim : undefined;
}
