/** Whether an own event says what is not known already: most agents that see a loss need not broadcast it. */
import type { Member } from '../../model/member.ts';
import { EVENT, decodeEvent } from '../codec/event.ts';
import { decodeEnvelope } from '../envelope/envelope.ts';

export interface QuietDeps {
  readonly self: string;
  readonly nameOf: (prefix: string) => string | undefined;
  readonly memberOf: (name: string) => Member | undefined;
  readonly observersOf: (name: string) => readonly string[];
  /** How many observers a member has while all are there. */
  readonly usualObservers: () => number;
}

/**
 * False for an event that only tells of losses which more than half of the observers have told of. A loss is a verdict by
 * majority and needs no more; that an agent is down needs everybody's word that nobody reaches it.
 */
export function isNews(envelope: Uint8Array, deps: QuietDeps): boolean {
  const decoded = decodeEnvelope(envelope);
  if (!decoded.ok || decoded.envelope.type !== EVENT) return true;
  const event = decodeEvent(decoded.envelope.payload)?.event;
  if (event?.kind !== 'edges') return true;
  return !event.edges.every(({ peer, state }) => state === 'lost' && isToldByMost(peer, deps));
}

/** Of all observers that there should be: where half a cluster is gone, the word of two is not enough for the others. */
function isToldByMost(prefix: string, deps: QuietDeps): boolean {
  const { self, nameOf, memberOf, observersOf, usualObservers } = deps;
  const name = nameOf(prefix);
  const testimony = name === undefined ? [] : (memberOf(name)?.testimony ?? []);
  const told = testimony.filter(({ observer, state }) => observer !== self && state === 'lost').length;
  return name !== undefined && told * 2 > Math.max(usualObservers(), observersOf(name).length);
}
