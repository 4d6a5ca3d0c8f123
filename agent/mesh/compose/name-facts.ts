/** What this agent knows of a holder of a name that another agent claims. */
import type { Clock } from '../../base/clock.ts';
import { type EdgeState, type Member, isDown, isReachable } from '../../model/member.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';
import { authorOf } from '../identity/peer-id.ts';
import type { Binding } from '../names/binding.ts';
import type { Sightings } from '../names/judge.ts';
import type { FactsOf } from '../names/register.ts';
import { authorPrefix } from '../probes/datagram.ts';
import type { Elsewhere } from './elsewhere.ts';

export interface NameFactsDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** This agent: who it is, and where others find it. */
  readonly self: { readonly name: string; readonly peerId: string; readonly addresses: () => readonly string[] };
  readonly memberOf: (name: string) => Member | undefined;
  /** Whether I, or by its report a member of my component, reach the agent. */
  readonly isReached: (peerId: string) => boolean;
  readonly sightingsOf: (claim: Binding, holder: Binding) => Sightings;
  /** When the agent has said something of itself last, monotonic ms; undefined: never. */
  readonly heardAt: (peerId: string) => number | undefined;
  /** Where the agent said that it listens. */
  readonly announcedBy: (peerId: string) => readonly string[];
  /** At which of them it is looked for from here. */
  readonly reachableAt: (peerId: string) => readonly string[];
  readonly elsewhere: Pick<Elsewhere, 'at'>;
}

/** A lost member is probed every 15 s at least. */
const SEEN_WITHIN_MS = 20_000;

interface Away {
  readonly sinceMs: number;
  /** When it was looked at last: every second while somebody claims the name. */
  readonly askedMs: number;
}

/** Names whose holders are gone, and that others claim. */
const MAX_AWAY = 1024;

export function createNameFacts(deps: NameFactsDeps): FactsOf {
  const { clock, self } = deps;
  const startedMs = clock.monotonic();

  /** Since when the claimant answers at this address of the holder. */
  const answersSince = (claim: Binding, holder: Binding, address: string): number | undefined => {
    if (claim.peerId === self.peerId) return self.addresses().includes(address) ? startedMs : undefined;
    const author = authorOf(claim.peerId);
    const stranger = deps.elsewhere.at(holder.peerId, address);
    if (author === undefined || stranger?.author !== authorPrefix(author)) return undefined;
    return clock.monotonic() - stranger.seenMs <= SEEN_WITHIN_MS ? stranger.sinceMs : undefined;
  };
  const atHoldersAddressesSince = (claim: Binding, holder: Binding): number | undefined => {
    const isOwnClaim = claim.peerId === self.peerId;
    const addresses = isOwnClaim ? deps.announcedBy(holder.peerId) : deps.reachableAt(holder.peerId);
    const since = addresses.map((address) => answersSince(claim, holder, address));
    return since.length === 0 || since.includes(undefined) ? undefined : Math.max(...since.map((ms) => ms ?? 0));
  };

  const away = new BoundedMap<string, Away>(MAX_AWAY);
  /** The member of my own name is myself: another agent that holds it is away from now on. */
  const goneSince = ({ name, peerId }: Binding): number | undefined => {
    if (name === self.name && peerId !== self.peerId) return clock.monotonic();
    const member = deps.memberOf(name);
    // Nobody has met it.
    if (member === undefined && peerId !== self.peerId) return clock.monotonic();
    return member !== undefined && isGone(member) ? member.sinceMs : undefined;
  };
  /**
   * Those who accept a claim first speak of the new holder from then on, and nobody says any more that the old one is
   * lost: for the others it is only suspected then, and away for as long as before.
   */
  const awaySince = (holder: Binding, isReached: boolean): number | undefined => {
    const before = away.get(holder.peerId);
    const nowMs = clock.monotonic();
    const since = isReached ? undefined : goneSince(holder);
    if (since === undefined) {
      if (before !== undefined) away.set(holder.peerId, { sinceMs: nowMs, askedMs: -Infinity });
      return undefined;
    }
    const isSame = before !== undefined && nowMs - before.askedMs <= SEEN_WITHIN_MS;
    const sinceMs = isSame ? Math.min(before.sinceMs, since) : since;
    away.set(holder.peerId, { sinceMs, askedMs: nowMs });
    return sinceMs;
  };

  /** Of a key that has gone its records are left: they claim the name still, and say nothing new. */
  const isHeardLater = (one: Binding, other: Binding): boolean =>
    other.peerId !== self.peerId && (deps.heardAt(one.peerId) ?? -Infinity) > (deps.heardAt(other.peerId) ?? -Infinity);

  return (claim, holder) => {
    const isReached = deps.isReached(holder.peerId);
    const awaySinceMs = awaySince(holder, isReached);
    const sinceMs = atHoldersAddressesSince(claim, holder);
    return {
      holderHasGoodEdge: isReached,
      sightings: deps.sightingsOf(claim, holder),
      holderHeardLater: isHeardLater(holder, claim),
      ...(awaySinceMs !== undefined && { holderAwayForMs: clock.monotonic() - awaySinceMs }),
      ...(sinceMs !== undefined && { claimantAtHoldersAddressesForMs: clock.monotonic() - sinceMs }),
    };
  };
}

/** Down, left, or never found by anybody: of a key that was used for a moment there is a claim and no address. */
const isGone = ({ state, inComponent }: Member): boolean =>
  isDown(state) || state === 'left' || (state === 'suspect' && !inComponent);

/** True when one of the edges leads to the peer, and reaches it. A sample is old the moment after. */
export const reaches = (
  edges: Iterable<{ readonly peer: string; readonly state?: EdgeState; readonly sampled?: true }>,
  peer: string,
): boolean => {
  for (const edge of edges) if (edge.peer === peer && edge.sampled !== true && isReachable(edge.state)) return true;
  return false;
};
