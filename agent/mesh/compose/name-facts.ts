/** What this agent knows of a holder of a name that another agent claims. */
import type { Clock } from '../../base/clock.ts';
import { type EdgeState, type Member, isDown, isReachable } from '../../model/member.ts';
import { authorOf } from '../identity/peer-id.ts';
import type { Binding } from '../names/binding.ts';
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
  /** Where the agent said that it listens. */
  readonly announcedBy: (peerId: string) => readonly string[];
  /** At which of them it is looked for from here. */
  readonly reachableAt: (peerId: string) => readonly string[];
  readonly elsewhere: Pick<Elsewhere, 'at'>;
}

/** A lost member is probed every 15 s at least. */
const SEEN_WITHIN_MS = 20_000;

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

  /** Since when nobody has reached another agent that holds my own name: the member of that name is myself. */
  const unreached = new Map<string, number>();
  const awaySince = ({ name, peerId }: Binding, isReached: boolean): number | undefined => {
    if (isReached) unreached.delete(peerId);
    if (isReached) return undefined;
    if (name === self.name && peerId !== self.peerId) {
      unreached.set(peerId, unreached.get(peerId) ?? clock.monotonic());
      return unreached.get(peerId);
    }
    const member = deps.memberOf(name);
    return member !== undefined && isGone(member) ? member.sinceMs : undefined;
  };

  return (claim, holder) => {
    const isReached = deps.isReached(holder.peerId);
    const awaySinceMs = awaySince(holder, isReached);
    const sinceMs = atHoldersAddressesSince(claim, holder);
    return {
      holderHasGoodEdge: isReached,
      ...(awaySinceMs !== undefined && { holderAwayForMs: clock.monotonic() - awaySinceMs }),
      ...(sinceMs !== undefined && { claimantAtHoldersAddressesForMs: clock.monotonic() - sinceMs }),
    };
  };
}

/** Down, left, or never found by anybody: of a key that was used for a moment there is a claim and no address. */
const isGone = ({ state, inComponent }: Member): boolean =>
  isDown(state) || state === 'left' || (state === 'suspect' && !inComponent);

/** True when one of the edges leads to the peer, and reaches it. */
export const reaches = (
  edges: Iterable<{ readonly peer: string; readonly state?: EdgeState }>,
  peer: string,
): boolean => {
  for (const edge of edges) if (edge.peer === peer && isReachable(edge.state)) return true;
  return false;
};
