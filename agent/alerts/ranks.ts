/**
 * Who tells a receiver, and who does when that one cannot: by rendezvous hashing of the receiver with the agents that are
 * there (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998). The key is
 * where it is sent to and not what, so that one agent keeps to what the receiver allows for all.
 */
import { hash } from 'node:crypto';
import { type Member, isDown } from '../model/member.ts';

/** So many act, one after the other. */
const ACTING = 3;
/** The place behind them: they would have told it by then. */
export const LAST_RESORT = ACTING + 1;
/** So many ever try, also where those before them cannot reach the receiver. */
const TRYING = 9;
/** Of those who alone see something, so many tell it where nobody else does. */
const MOST_WITNESSES = 3;
/** Of all others, which takes a quarter of an hour. */
const MOST_OF_ALL = 64;

/** Agents that are there, this one among them. */
export const presentIn = (self: string, members: readonly Member[]): readonly string[] => [
  self,
  ...members.flatMap(({ name, inComponent, state }) =>
    name !== self && inComponent && !isDown(state) && state !== 'left' && state !== 'leaving' ? [name] : [],
  ),
];

/**
 * Those who try, in their order: who has failed a moment ago stands behind those who have not.
 *
 * @param failing names of those whose last try has failed
 */
export function sendersFor(
  destination: string,
  present: readonly string[],
  failing: ReadonlySet<string>,
): readonly string[] {
  const trying = ordered(destination, present).slice(0, TRYING);
  return [...trying.filter((name) => !failing.has(name)), ...trying.filter((name) => failing.has(name))];
}

/** How many go before this one; undefined: it does not act. */
export function placeAmong(self: string, senders: readonly string[]): number | undefined {
  const place = senders.indexOf(self);
  return place >= 0 && place < ACTING ? place : undefined;
}

/**
 * What only some agents can see, as what is wrong with their own mesh, is told by them when nobody else does.
 *
 * @param witnesses who it is about, and who saw it
 */
export function placeOfWitness(
  self: string,
  destination: string,
  present: readonly string[],
  witnesses: readonly string[],
): number | undefined {
  const there = new Set(present);
  const place = ordered(
    destination,
    [...new Set(witnesses)].filter((name) => there.has(name)),
  ).indexOf(self);
  return place >= 0 && place < MOST_WITNESSES ? LAST_RESORT + place : undefined;
}

/** Whoever knows of what nobody else tells, one after the other. */
export function placeOfAnybody(self: string, destination: string, present: readonly string[]): number | undefined {
  const place = ordered(destination, present).indexOf(self);
  return place >= 0 && place < MOST_OF_ALL ? LAST_RESORT + MOST_WITNESSES + place : undefined;
}

/** More names than the largest cluster has. */
const MAX_RANKS = 20_000;
const ranks = new Map<string, string>();

function rankOf(destination: string, name: string): string {
  const text = `meerkat/notify/1/${destination}/${name}`;
  const known = ranks.get(text);
  if (known !== undefined) return known;
  if (ranks.size >= MAX_RANKS) ranks.clear();
  const rank = hash('sha256', text);
  ranks.set(text, rank);
  return rank;
}

const ordered = (destination: string, names: readonly string[]): readonly string[] =>
  names.toSorted((one, other) => (rankOf(destination, one) < rankOf(destination, other) ? -1 : 1));
