/**
 * Who reads the events of the Kubernetes API for all, and who keeps a copy. Nobody is elected: all agents of a component put
 * those that are there into the same order by rendezvous hashing, and the first of those that can read does.
 *
 * Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998.
 */
import { hash } from 'node:crypto';

/**
 * - `reads`: it lists and watches
 * - `copies`: it follows who reads
 * - `idle`: neither, any more
 * - `fails`: it would read, and cannot now
 * - `cannot`: it cannot, and does not try: it knows of no Kubernetes API
 */
export const PARTS = ['reads', 'copies', 'idle', 'fails', 'cannot'] as const;
export type Part = (typeof PARTS)[number];

/** What another agent said of its part. */
export interface HeardPart {
  readonly node: string;
  readonly part: Part;
  /** The API tells it everything as it happens. */
  readonly isCurrent: boolean;
  /** Since it said so, ms. */
  readonly ageMs: number;
}

/** Beside the one that reads. */
export const COPIES = 2;
/** Who has said nothing for so long does not do it any more. Twice as many try in its place for each of these. */
export const PATIENCE_MS = 45_000;
/** It is said again so often. */
export const HEARTBEAT_MS = 15_000;
/** For so long who comes before the reader has been able to read before it does. */
export const SETTLED_MS = 60_000;
/** So many at most try where it fails for all; more after a while, since it need not be the API's fault. */
const TRIERS = 6;
const MOST_AT_ONCE = 16;
const MOST_TIMES = 4;
/** When as many as that have long been asked to, all others have their turn, so many at once. */
const ROUND_AFTER_MS = 5 * 60_000;
/** It is looked at every second. */
const TURN_MS = 2000;
/** Who says for so long that it reads, and has nothing, is not waited for; a list of half a million takes 17 minutes. */
const LISTING_MS = 30 * 60_000;

/** More names than the largest cluster has. */
const MAX_RANKS = 20_000;
const ranks = new Map<string, string>();

/** The smaller one goes first; the same for everybody. */
function rankOf(name: string): string {
  const known = ranks.get(name);
  if (known !== undefined) return known;
  if (ranks.size >= MAX_RANKS) ranks.clear();
  const rank = hash('sha256', `meerkat/events/1/${name}`);
  ranks.set(name, rank);
  return rank;
}

/** In the order in which they would read. */
export const inOrder = (names: readonly string[]): readonly string[] =>
  names.toSorted((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1));

export interface Situation {
  readonly self: string;
  /** Those that are there, this agent among them, in their order. */
  readonly present: readonly string[];
  /** What the others said. */
  readonly heard: readonly HeardPart[];
  /** What this agent does now. `undefined`: it has not done anything yet. */
  readonly part: Part | undefined;
  /** The API tells this agent everything as it happens. */
  readonly isCurrent: boolean;
  /** Since when it reads, in ms until now. */
  readonly readingForMs: number;
  /** For how long this agent has been the first of those that could, ms. */
  readonly firstForMs: number;
  /** For how long nobody has read, ms. */
  readonly unreadForMs: number;
  /** For how long nobody has had all as the API has it, ms. */
  readonly staleForMs: number;
}

/** Who does what, as seen from here. */
export interface Roles {
  /**
   * The one that reads, and has all rather than just lists it; undefined: nobody, as far as was heard. This agent is not told
   * here of itself before it does.
   */
  readonly reader: string | undefined;
  /** This agent comes before all others that could. */
  readonly isFirst: boolean;
  readonly part: 'reads' | 'copies' | 'idle';
  /** Who judges for all meanwhile: who reads, or would. */
  readonly judge: string;
}

export function rolesFor(situation: Situation): Roles {
  const { self, present, heard, part, firstForMs, unreadForMs, staleForMs, readingForMs } = situation;
  const said = new Map(heard.map((one) => [one.node, one]));
  const partOf = (name: string): Part | undefined => {
    if (name === self) return part;
    const one = said.get(name);
    // Who has no API has none for as long as it is there.
    return one !== undefined && (one.part === 'cannot' || one.ageMs < PATIENCE_MS) ? one.part : undefined;
  };
  const able = present.filter((name) => !isUnable(partOf(name)));
  const place = able.indexOf(self);
  const others = present.filter((name) => name !== self && partOf(name) === 'reads');
  const current = others.find((name) => said.get(name)?.isCurrent === true);
  const [first = self] = able.length > 0 ? able : present;
  const isFirst = place === 0;
  const told = (reader: string | undefined, own: Roles['part']): Roles => ({
    reader,
    isFirst,
    part: own,
    judge: reader ?? first,
  });

  if (part === 'reads') {
    // One that comes before is believed once it is current, and has said so since this agent began: it may have been
    // started anew, and what it said before is not what it does.
    const better = others.find((name) => {
      const { isCurrent = false, ageMs = Infinity } = said.get(name) ?? {};
      return able.indexOf(name) < place && isCurrent && ageMs < readingForMs;
    });
    if (better !== undefined) return told(better, keeps(self, better, able));
    // Until it has all itself the others go by who has.
    return told(situation.isCurrent ? self : (current ?? self), 'reads');
  }
  const reader = current ?? (staleForMs < LISTING_MS * others.length ? others[0] : undefined);
  if (reader !== undefined) {
    const isBack = isFirst && firstForMs >= SETTLED_MS;
    return told(reader, isBack ? 'reads' : keeps(self, reader, able));
  }
  const failing = present.filter((name) => name !== self && partOf(name) === 'fails').length;
  const isFew = failing < TRIERS * Math.min(MOST_TIMES, timesOf(unreadForMs));
  const isNext = isFew && isTurn(place, able.length, unreadForMs);
  return told(undefined, isNext ? 'reads' : keeps(self, undefined, able));
}

/**
 * Whether it is the turn of whoever stands there, by the others. Of an older version, or where it is switched off, agents say
 * nothing at all, and any number of them may stand before the first that reads. So after a while it goes round.
 */
function isTurn(place: number, able: number, unreadForMs: number): boolean {
  if (place < 0) return false;
  if (place < timesOf(unreadForMs)) return true;
  const turns = Math.floor((unreadForMs - ROUND_AFTER_MS) / TURN_MS);
  return turns >= 0 && Math.floor(place / MOST_AT_ONCE) === turns % Math.ceil(able / MOST_AT_ONCE);
}

const timesOf = (unreadForMs: number): number =>
  Math.min(MOST_AT_ONCE, 2 ** Math.floor(Math.max(0, unreadForMs) / PATIENCE_MS));

const isUnable = (part: Part | undefined): boolean => part === 'fails' || part === 'cannot';

/** The first ones beside the reader. */
function keeps(self: string, reader: string | undefined, able: readonly string[]): 'copies' | 'idle' {
  const place = able.filter((name) => name !== reader).indexOf(self);
  // Where nobody reads yet, the first of them is about to.
  return place >= 0 && place < COPIES + (reader === undefined ? 1 : 0) ? 'copies' : 'idle';
}
