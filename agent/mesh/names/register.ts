/** The names of all nodes: who holds each, who claims it, and who is in conflict over it. */
import { type Binding, compareRank } from './binding.ts';
import { type AcceptReason, type ClaimFacts, judgeClaim } from './judge.ts';

export interface NameChange {
  readonly name: string;
  readonly holder: Binding;
  /** Another agent held the name: it is `left` now. */
  readonly before?: Binding;
  readonly why: AcceptReason;
}

/** Two agents that live claim one name: the cause is on one of their machines, and a person must say which it is. */
export interface NameConflict {
  readonly name: string;
  readonly holder: Binding;
  readonly claimant: Binding;
}

/** All that is known but what the register itself knows. */
export type FactsOf = (
  claim: Binding,
  holder: Binding,
) => Omit<ClaimFacts, 'waitingForMs' | 'holderByChanceForMs' | 'claimantIsPresent'>;

/** Who may be accepted. */
export interface Eligible {
  /**
   * True for the claim of an agent that is not heard of any more, where the name was somebody's who outranked it and was
   * removed from the cluster: it does not inherit.
   */
  readonly isGhost?: (claim: Binding) => boolean;
  /** The agent is in my component, whatever it is called. Without it only claims that rank above the holder are judged. */
  readonly isPresent?: (peerId: string) => boolean;
}

export interface NameRegister {
  /**
   * Notes a claim or a refutation. It changes nothing before {@link settle}.
   *
   * @param now monotonic ms
   */
  note(binding: Binding, now: number): void;
  /** Puts a holder back that was known before a restart. */
  restore(binding: Binding, now: number): void;
  /** Accepts what may be accepted now. */
  settle(now: number, factsOf: FactsOf, eligible?: Eligible): readonly NameChange[];
  holder(name: string): Binding | undefined;
  /** Claims that rank above the holder and wait. */
  waiting(name: string): readonly Binding[];
  /** The latest of everybody who claims the name, the highest rank first. */
  claims(name: string): readonly Binding[];
  /** The latest claim or refutation of an agent. */
  latest(name: string, peerId: string): Binding | undefined;
  /** The highest generation that is known of a name; 0 when it is new. */
  highest(name: string): number;
  /** @param isPresent the agent is in my component, whatever it is called */
  conflicts(now: number, isPresent: (peerId: string) => boolean): readonly NameConflict[];
  /** Drops all that an agent claimed. */
  forget(name: string, peerId: string): void;
  readonly names: () => readonly string[];
  /** What this agent claims. */
  claimedBy(peerId: string): readonly string[];
}

interface Name {
  holder: Binding | undefined;
  /** When the name was free, and this holder was the first to be heard of; monotonic ms. */
  freeAt?: number;
  /** The latest of each agent, the highest rank first. */
  claims: Claim[];
}

interface Claim {
  readonly binding: Binding;
  /** Monotonic ms. */
  readonly notedAt: number;
}

interface Settling extends Eligible {
  /** The agent holds a name already, and not this one. */
  readonly hasAnother: (peerId: string, name: string) => boolean;
}

/** More agents than this never had one name by accident. Of more than these, those that are there stay. */
const MAX_CLAIMS = 8;
/** Of the largest cluster, and of as many strangers as a record book takes. */
const MAX_NAMES = 8000;
/** An agent has one name; the earlier ones of an agent that was renamed stay until they are forgotten. */
const MAX_NAMES_EACH = 4;
/** A new key on the same machine has its name sooner, and the old one is gone by then. */
const HANDOVER_MS = 60_000;

/**
 * @param isThere whether the agent is heard of now; asked only when too many claim one name
 */
export function createNameRegister(isThere: (peerId: string) => boolean = () => false): NameRegister {
  const names = new Map<string, Name>();
  /** What each agent claims, by its PeerId; the name that it claimed last comes last. */
  const byClaimant = new Map<string, Set<string>>();
  const claimsOf = (name: string): readonly Binding[] => names.get(name)?.claims.map(({ binding }) => binding) ?? [];

  const note = (binding: Binding, now: number): Name | undefined => {
    if (names.size >= MAX_NAMES && !names.has(binding.name)) return undefined;
    const entry = names.get(binding.name) ?? { holder: undefined, claims: [] };
    names.set(binding.name, entry);
    const goner = noteClaim(entry, { binding, notedAt: now }, isThere);
    if (goner !== undefined) unclaim(binding.name, goner.peerId);
    if (goner?.peerId === binding.peerId) return entry;
    // Else one agent could claim all the names that there is room for.
    const claimed = byClaimant.get(binding.peerId) ?? new Set();
    claimed.delete(binding.name);
    byClaimant.set(binding.peerId, claimed.add(binding.name));
    if (claimed.size <= MAX_NAMES_EACH) return entry;
    const first = [...claimed].find((name) => names.get(name)?.holder?.peerId !== binding.peerId);
    if (first !== undefined) forget(first, binding.peerId);
    return entry;
  };

  /** Nobody has two: an agent of another name has another key. */
  const hasAnother = (peerId: string, name: string): boolean =>
    [...(byClaimant.get(peerId) ?? [])].some((one) => one !== name && names.get(one)?.holder?.peerId === peerId);

  const unclaim = (name: string, peerId: string): void => {
    const claimed = byClaimant.get(peerId);
    claimed?.delete(name);
    if (claimed?.size === 0) byClaimant.delete(peerId);
  };

  const forget = (name: string, peerId: string): void => {
    unclaim(name, peerId);
    const entry = names.get(name);
    if (entry === undefined) return;
    entry.claims = entry.claims.filter(({ binding }) => binding.peerId !== peerId);
    if (entry.holder?.peerId === peerId) entry.holder = undefined;
    if (entry.claims.length === 0) names.delete(name);
  };

  return {
    note: (binding, now) => void note(binding, now),
    restore(binding, now) {
      const entry = note(binding, now);
      if (entry !== undefined && entry.holder === undefined) entry.holder = binding;
    },
    settle: (now, factsOf, eligible = {}) =>
      [...names].flatMap(([name, entry]) => settleName(name, entry, now, factsOf, { ...eligible, hasAnother })),
    holder: (name) => names.get(name)?.holder,
    waiting(name) {
      const holder = names.get(name)?.holder;
      return claimsOf(name).filter((claim) => holder === undefined || compareRank(claim, holder) > 0);
    },
    claims: claimsOf,
    latest: (name, peerId) => claimsOf(name).find((claim) => claim.peerId === peerId),
    highest: (name) => claimsOf(name)[0]?.generation ?? 0,
    conflicts: (now, isPresent) => [...names.values()].flatMap((entry) => conflictsOf(entry, now, isPresent)),
    forget,
    names: () => [...names.keys()],
    claimedBy: (peerId) => [...(byClaimant.get(peerId) ?? [])],
  };
}

/** Returns the claim that had to go for it; it may be itself. */
function noteClaim(entry: Name, claim: Claim, isThere: (peerId: string) => boolean): Binding | undefined {
  const earlier = entry.claims.find(({ binding }) => binding.peerId === claim.binding.peerId);
  if (earlier !== undefined && compareRank(claim.binding, earlier.binding) <= 0) return undefined;
  const others = entry.claims.filter((one) => one !== earlier);
  entry.claims = [claim, ...others].sort((a, b) => compareRank(b.binding, a.binding));
  if (entry.claims.length <= MAX_CLAIMS) return undefined;
  // The holder stays known whatever others claim, and who invents claimants does not push out who is there.
  const rest = entry.claims.filter(({ binding }) => binding.peerId !== entry.holder?.peerId);
  const goner = rest.findLast(({ binding }) => !isThere(binding.peerId)) ?? rest.at(-1);
  entry.claims = entry.claims.filter((one) => one !== goner);
  return goner?.binding;
}

/** The highest claim that may be accepted, and only that one. */
function settleName(
  name: string,
  entry: Name,
  now: number,
  factsOf: FactsOf,
  { isGhost, isPresent, hasAnother }: Settling,
): NameChange[] {
  const { holder } = entry;
  for (const { binding: claim, notedAt } of entry.claims) {
    // Nearly always the first one is the holder: facts are gathered only where there is something to judge.
    const isLower = holder !== undefined && compareRank(claim, holder) <= 0;
    if (isLower && isPresent === undefined) break;
    if (isLower && (claim.peerId === holder.peerId || isPresent?.(claim.peerId) !== true)) continue;
    if (holder === undefined && isGhost?.(claim) === true) continue;
    if (claim.peerId !== holder?.peerId && hasAnother(claim.peerId, name)) continue;
    const facts = holder === undefined ? { holderHasGoodEdge: false } : factsOf(claim, holder);
    const judgement = judgeClaim(claim, holder, {
      ...facts,
      waitingForMs: now - notedAt,
      claimantIsPresent: isLower,
      ...(entry.freeAt !== undefined && { holderByChanceForMs: now - entry.freeAt }),
    });
    if (judgement.kind !== 'accepted') continue;
    entry.holder = claim;
    if (holder === undefined) entry.freeAt = now;
    else if (judgement.why !== 'free' && judgement.why !== 'same') delete entry.freeAt;
    const before = holder !== undefined && holder.peerId !== claim.peerId ? { before: holder } : {};
    return [{ name, holder: claim, ...before, why: judgement.why }];
  }
  return [];
}

/** At once where one of the two refuted the other, else when both claims are old enough to be no handover. */
function conflictsOf({ holder, claims }: Name, now: number, isPresent: (peerId: string) => boolean): NameConflict[] {
  if (holder === undefined || !isPresent(holder.peerId)) return [];
  const notedOf = (peerId: string): number =>
    claims.find(({ binding }) => binding.peerId === peerId)?.notedAt ?? Number.NEGATIVE_INFINITY;
  return claims
    .filter(({ binding: { peerId, refuted }, notedAt }) => {
      if (peerId === holder.peerId || !isPresent(peerId)) return false;
      if (peerId === holder.refuted || refuted === holder.peerId) return true;
      return now - Math.max(notedAt, notedOf(holder.peerId)) >= HANDOVER_MS;
    })
    .map(({ binding }) => ({ name: holder.name, holder, claimant: binding }));
}
