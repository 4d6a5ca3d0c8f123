/** Whose turn it is to tell a receiver what it does not know. */
import type { News } from './decide.ts';
import { FAILING_FOR_MS } from './line.ts';
import { placeAmong, placeOfWitness, sendersFor } from './ranks.ts';
import type { PeerWord } from './told-log.ts';

export interface Situation {
  readonly self: string;
  readonly destination: string;
  /** Agents that are there, this one among them. */
  readonly present: readonly string[];
  /** What others say of the receiver. */
  readonly peers: readonly PeerWord[];
  /** The last try of this agent has failed. */
  readonly isFailing: boolean;
}

export interface Turn {
  /** What this agent is to tell. */
  readonly mine: readonly News[];
  /** How many go before it. */
  readonly place: number;
}

/** Whoever is the first while all reach the receiver. */
export const firstIn = ({ destination, present }: Situation): string | undefined =>
  sendersFor(destination, present, new Set())[0];

/** All that try, in their order. */
export function sendersIn({ self, destination, present, peers, isFailing }: Situation): readonly string[] {
  const failing = new Set(
    peers.flatMap(({ node, failingForMs = Infinity }) => (failingForMs < FAILING_FOR_MS ? [node] : [])),
  );
  if (isFailing) failing.add(self);
  return sendersFor(destination, present, failing);
}

/** Undefined: others tell it. */
export function turnFor(news: readonly News[], situation: Situation): Turn | undefined {
  const { self, destination, present, peers } = situation;
  const senders = sendersIn(situation);
  const place = placeAmong(self, senders);
  if (place !== undefined) return { mine: news, place };
  // They know of something and do what they can.
  if (peers.some(({ node }) => senders.includes(node))) return undefined;
  const witnessed = news.flatMap((one) => {
    const { nodes, observers } = one.kept.alert;
    const at = placeOfWitness(self, destination, present, [...nodes, ...observers]);
    return at === undefined ? [] : [{ one, at }];
  });
  if (witnessed.length === 0) return undefined;
  return { mine: witnessed.map(({ one }) => one), place: Math.min(...witnessed.map(({ at }) => at)) };
}
