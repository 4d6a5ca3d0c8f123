/** What the probes saw, in the words of membership. */
import type { MembershipInput } from '../membership/step.ts';
import type { Observation } from '../probes/observation.ts';

/**
 * The input for an observation of the node `peer`.
 *
 * @param refusesKey its agent shares no cluster key with this one: that it speaks the protocol is of no use
 */
export function sightingOf(peer: string, seen: Observation, refusesKey: boolean): MembershipInput {
  switch (seen.kind) {
    case 'answered': {
      const { rttMs, clock, loss } = seen;
      const answer = { loss, ...(rttMs !== undefined && { rttMs }), ...(clock !== undefined && { clock }) };
      return { kind: 'answered', peer, boot: seen.state.boot, answer };
    }
    case 'missed':
      return { kind: 'missed', peer, miss: { cause: seen.cause, sentAtMs: seen.sentAt, loss: seen.loss } };
    case 'pinged':
      // Whoever has the cluster's key can write a ping in another's name, with any boot.
      return { kind: 'pinged', peer };
    default:
      return { kind: 'looked', peer, result: refusesKey && seen.result === 'answered' ? 'foreign' : seen.result };
  }
}
