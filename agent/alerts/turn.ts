/** Whose turn it is to tell a receiver what it does not know. */
import type { News } from './decide.ts';
import { FAILING_FOR_MS, SENDING_FOR_MS } from './line.ts';
import { LAST_RESORT, placeAmong, placeOfAnybody, placeOfWitness, sendersFor } from './ranks.ts';
import type { PeerWord } from './told-log.ts';

export interface Situation {
  readonly self: string;
  readonly destination: string;
  /** Agents that are there, this one among them. */
  readonly present: readonly string[];
  /** What others say of the receiver. */
  readonly peers: readonly PeerWord[];
  /** Who told it of this alert last. */
  readonly wasToldBy: (fingerprint: string) => string | undefined;
  /** The last try of this agent has failed. */
  readonly isFailing: boolean;
}

export interface Turn {
  /** What this agent is to tell. */
  readonly mine: readonly News[];
  /** How many go before it. */
  readonly place: number;
}

const isFailing = ({ failingForMs = Infinity }: PeerWord): boolean => failingForMs < FAILING_FOR_MS;

/** A message is on its way from there: it is waited for. */
const isSending = ({ sendingForMs = Infinity }: PeerWord): boolean => sendingForMs < SENDING_FOR_MS;

/** Who holds the others up: whoever says that it sends, or that the receiver takes nothing, and may act at all. */
export function holdersIn(news: readonly News[], situation: Situation): readonly string[] {
  const holding = situation.peers.filter((word) => isSending(word) || (word.waitMs ?? 0) > 0);
  if (holding.length === 0) return [];
  const senders = new Set(sendersIn(situation));
  return holding.flatMap(({ node }) => (senders.has(node) || isWitness(node, news, situation) ? [node] : []));
}

const isWitness = (node: string, news: readonly News[], { wasToldBy }: Situation): boolean =>
  news.some(
    ({ kept: { alert } }) =>
      alert.nodes.includes(node) || alert.observers.includes(node) || wasToldBy(alert.fingerprint) === node,
  );

/** Whoever is the first while all reach the receiver. */
export const firstIn = ({ destination, present }: Situation): string | undefined =>
  sendersFor(destination, present, new Set())[0];

/** All that try, in their order. */
export function sendersIn({
  self,
  destination,
  present,
  peers,
  isFailing: isFailingItself,
}: Situation): readonly string[] {
  const failing = new Set(peers.filter(isFailing).map(({ node }) => node));
  if (isFailingItself) failing.add(self);
  return sendersFor(destination, present, failing);
}

/** Undefined: others tell it. */
export function turnFor(news: readonly News[], situation: Situation): Turn | undefined {
  const { self, peers } = situation;
  const senders = sendersIn(situation);
  const place = placeAmong(self, senders, situation.isFailing);
  if (place !== undefined) return { mine: news, place };
  // They know of something and do what they can.
  if (peers.some((word) => senders.includes(word.node) && (isFailing(word) || isSending(word)))) return undefined;
  const placed = news.flatMap((one) => {
    const at = placeOf(one, situation);
    return at === undefined ? [] : [{ one, at }];
  });
  if (placed.length === 0) return undefined;
  return { mine: placed.map(({ one }) => one), place: Math.min(...placed.map(({ at }) => at)) };
}

/** Where those who act do not know of it: who it is about, who saw it and who has told it before the others. */
function placeOf({ kept }: News, { self, destination, present, wasToldBy }: Situation): number | undefined {
  const { nodes, observers, fingerprint, rule } = kept.alert;
  if (wasToldBy(fingerprint) === self) return LAST_RESORT;
  // The nodes that a rule's alert is about know of it by whoever judged it.
  const witnesses = rule === undefined ? [...nodes, ...observers] : observers;
  return placeOfWitness(self, destination, present, witnesses) ?? placeOfAnybody(self, destination, present);
}
