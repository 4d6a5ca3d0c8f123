/** What this agent knows of a holder of a name that another agent claims. */
import type { Clock } from '../../base/clock.ts';
import { type Member, isDown, isReachable } from '../../model/member.ts';
import type { Binding } from '../names/binding.ts';
import type { ClaimFacts } from '../names/judge.ts';
import type { AddressConflict } from '../peer-manager/conflicts.ts';

export interface NameFactsDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly memberOf: (name: string) => Member | undefined;
  /** Whether I, or by its report a member of my component, reach the agent. */
  readonly isReached: (peerId: string) => boolean;
  readonly conflicts: () => readonly AddressConflict[];
  /** Where the agent said that it listens. */
  readonly announcedBy: (peerId: string) => readonly string[];
}

export type NameFacts = (claim: Binding, holder: Binding) => Omit<ClaimFacts, 'waitingForMs'>;

export function createNameFacts(deps: NameFactsDeps): NameFacts {
  /** Since when a claimant answers at all addresses of a holder, by both PeerIds. */
  const answersSince = new Map<string, number>();

  const atHoldersAddressesForMs = (claim: Binding, holder: Binding): number | undefined => {
    const key = `${claim.peerId} ${holder.peerId}`;
    const found = deps
      .conflicts()
      .filter((one) => one.expectedPeerId === holder.peerId && one.actualPeerId === claim.peerId);
    const addresses = deps.announcedBy(holder.peerId);
    const everywhere = addresses.length > 0 && addresses.every((text) => found.some(({ address }) => address === text));
    if (!everywhere) {
      answersSince.delete(key);
      return undefined;
    }
    const since = answersSince.get(key) ?? deps.clock.monotonic();
    answersSince.set(key, since);
    return deps.clock.monotonic() - since;
  };

  return (claim, holder) => {
    const member = deps.memberOf(holder.name);
    const isAway = member !== undefined && (isDown(member.state) || member.state === 'left');
    const claimantAtHoldersAddressesForMs = atHoldersAddressesForMs(claim, holder);
    return {
      holderHasGoodEdge: deps.isReached(holder.peerId),
      ...(isAway && { holderAwayForMs: deps.clock.monotonic() - member.sinceMs }),
      ...(claimantAtHoldersAddressesForMs !== undefined && { claimantAtHoldersAddressesForMs }),
    };
  };
}

/** True when the edges have a good one to the peer. */
export const reaches = (
  edges: Iterable<{ readonly peer: string; readonly state?: Member['testimony'][number]['state'] }>,
  peer: string,
): boolean => {
  for (const edge of edges) if (edge.peer === peer && isReachable(edge.state)) return true;
  return false;
};
