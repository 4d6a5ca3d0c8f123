/**
 * Who tells a receiver, and who does when that one cannot: by rendezvous hashing of the receiver with the agents that are
 * there (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998). The key is
 * where it is sent to and not what, so that one agent keeps to what the receiver allows for all.
 */
import { hash } from 'node:crypto';
import { type Member, isDown } from '../model/member.ts';

/** So many try again what has failed. */
const ACTING = 3;
/** So many act, one after the other: those before them may not reach the receiver, or do not know of it yet. */
const TRYING = 9;
/** The place behind them: they would have told it by then. */
export const LAST_RESORT = TRYING;
/** Of those who alone see something, so many tell it where nobody else does. */
const MOST_WITNESSES = 3;
/** Of whom those are taken. */
const MOST_CANDIDATES = 64;
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
  const trying = firstOf(destination, present).slice(0, TRYING);
  return [...trying.filter((name) => !failing.has(name)), ...trying.filter((name) => failing.has(name))];
}

/** How many go before this one; undefined: it does not act. */
export function placeAmong(self: string, senders: readonly string[], isFailing: boolean): number | undefined {
  const place = senders.indexOf(self);
  return place >= 0 && (place < ACTING || !isFailing) ? place : undefined;
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
  const there = setOf(present);
  const candidates = [...new Set(witnesses.slice(0, MOST_CANDIDATES))].filter((name) => there.has(name));
  const place = leading(destination, candidates, MOST_WITNESSES).indexOf(self);
  return place >= 0 ? LAST_RESORT + place : undefined;
}

/** Whoever knows of what nobody else tells, one after the other. */
export function placeOfAnybody(self: string, destination: string, present: readonly string[]): number | undefined {
  const place = firstOf(destination, present).indexOf(self);
  return place >= 0 ? LAST_RESORT + MOST_WITNESSES + place : undefined;
}

/** Digests that were made since the process started. */
export const made = { digests: 0 };

/** Several receivers at most. */
const MOST_SETS = 4;
/** The same agents are there at most looks: who is first of them is found once. */
const sets: PresentSet[] = [];

interface PresentSet {
  readonly names: readonly string[];
  readonly all: ReadonlySet<string>;
  /** Destination → its first. */
  readonly first: Map<string, readonly string[]>;
}

function presentSet(names: readonly string[]): PresentSet {
  const known = sets.find((one) => isSame(one.names, names));
  if (known !== undefined) return known;
  const one: PresentSet = { names: [...names], all: new Set(names), first: new Map() };
  sets.unshift(one);
  sets.splice(MOST_SETS);
  return one;
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one === other || (one.length === other.length && one.every((name, index) => name === other[index]));

const setOf = (present: readonly string[]): ReadonlySet<string> => presentSet(present).all;

function firstOf(destination: string, present: readonly string[]): readonly string[] {
  const { first } = presentSet(present);
  const known = first.get(destination);
  if (known !== undefined) return known;
  if (first.size >= MOST_DESTINATIONS) first.clear();
  const names = leading(destination, present, MOST_OF_ALL);
  first.set(destination, names);
  return names;
}

/** The first of all in their order, by one walk. */
function leading(destination: string, names: readonly string[], most: number): readonly string[] {
  const first: { readonly name: string; readonly rank: string }[] = [];
  for (const name of names) {
    const rank = rankOf(destination, name);
    if (first.length >= most && rank >= (first.at(-1)?.rank ?? '')) continue;
    const behind = first.findIndex((one) => rank < one.rank);
    first.splice(behind < 0 ? first.length : behind, 0, { name, rank });
    first.splice(most);
  }
  return first.map(({ name }) => name);
}

/** Tokens are replaced; more receivers than this nobody has. */
const MOST_DESTINATIONS = 32;
/** More names than the largest cluster has. */
const MAX_RANKS = 20_000;
/** Destination → name. */
const ranks = new Map<string, Map<string, string>>();

function rankOf(destination: string, name: string): string {
  const those = ranks.get(destination) ?? new Map<string, string>();
  if (!ranks.has(destination)) {
    if (ranks.size >= MOST_DESTINATIONS) ranks.clear();
    ranks.set(destination, those);
  }
  const known = those.get(name);
  if (known !== undefined) return known;
  if (those.size >= MAX_RANKS) those.clear();
  made.digests += 1;
  const rank = hash('sha256', `meerkat/notify/1/${destination}/${name}`);
  those.set(name, rank);
  return rank;
}
