/**
 * Who reads the cluster's Nodes for all: three agents by rendezvous hashing over the members of my component. Whoever
 * cannot read says so, and others try in its place, a few first and then more, until somebody reaches the API.
 *
 * Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998.
 */
import { hash } from 'node:crypto';
import { type Member, isDown } from '../model/member.ts';
import type { HeardRoster } from '../model/roster.ts';
import { PAGE } from './api/list-watch.ts';
import { spreadMs } from './budget.ts';

export const READERS = 3;
/** Of those who cannot read, so many keep trying; the others try again when nothing is heard of them any more. */
const TRIERS = 6;
/** Twice as many try in the place of a missing reader for each of these, up to {@link MOST_AT_ONCE} times as many. */
const PATIENCE_MS = 45_000;
const MOST_AT_ONCE = 16;
/** A reader repeats what it says every {@link HEARTBEAT_MS}. */
const FRESH_MS = 100_000;
export const HEARTBEAT_MS = 30_000;

/** More names than the largest cluster has. */
const MAX_RANKS = 20_000;
const ranks = new Map<string, string>();

/** The smaller one reads before the other; the same for everybody. */
export function rankOf(name: string): string {
  const known = ranks.get(name);
  if (known !== undefined) return known;
  if (ranks.size >= MAX_RANKS) ranks.clear();
  const rank = hash('sha256', `meerkat/roster/1/${name}`);
  ranks.set(name, rank);
  return rank;
}

const isPresent = (self: string, { name, inComponent, state }: Member): boolean =>
  name === self || (inComponent && !isDown(state) && state !== 'left' && state !== 'leaving');

/** What an agent does about the API, as far as is heard of it. */
type Part = 'reads' | 'fails' | 'idle';

/** Who does what, of those that are present. */
function partsOf(rosters: readonly HeardRoster[]): (name: string) => Part {
  const byNode = new Map(rosters.map((heard) => [heard.node, heard]));
  return (name) => {
    const heard = byNode.get(name);
    if (heard === undefined || heard.elapsedMs >= FRESH_MS) return 'idle';
    return heard.roster.fault === undefined ? 'reads' : 'fails';
  };
}

/** True while fewer members read than should. */
export function isShort(self: string, members: readonly Member[], rosters: readonly HeardRoster[]): boolean {
  const partOf = partsOf(rosters);
  let reading = 0;
  for (const member of members) if (partOf(member.name) === 'reads' && isPresent(self, member)) reading += 1;
  return reading < Math.min(READERS, members.length);
}

/**
 * Whether this agent is to read, or to try.
 *
 * @param shortForMs for how long {@link isShort} has held
 */
export function isReader(
  self: string,
  members: readonly Member[],
  rosters: readonly HeardRoster[],
  shortForMs: number,
): boolean {
  const partOf = partsOf(rosters);
  const [own, ownPart] = [rankOf(self), partOf(self)];
  const before: Record<Part, number> = { reads: 0, fails: 0, idle: 0 };
  let reading = 0;
  for (const member of members) {
    if (member.name === self || !isPresent(self, member)) continue;
    const part = partOf(member.name);
    if (part === 'reads') reading += 1;
    if (rankOf(member.name) < own) before[part] += 1;
  }
  if (ownPart === 'reads') return before.reads < READERS;
  if (reading >= READERS) return false;
  if (ownPart === 'fails') return before.fails < TRIERS;
  const more = Math.min(MOST_AT_ONCE, 2 ** Math.floor(shortForMs / PATIENCE_MS));
  return before.idle < (READERS - reading) * more;
}

/**
 * Over how long the readers of all pieces begin, where a mesh has fallen into pieces: each piece has its own, and together
 * they would list all Nodes thousands of times. 0 where this piece is the greater part.
 *
 * @param size how many agents there are
 */
export function readDelayMs(members: readonly Member[], size: number): number {
  const here = Math.max(1, members.filter(({ inComponent }) => inComponent).length);
  if (here * 2 >= size) return 0;
  const pages = Math.ceil(size / PAGE);
  return spreadMs('lists', ((READERS * size) / here) * pages);
}

/** What counts of what the readers say: the current rosters of those that read, the first reader's first. */
export function currentRosters(
  self: string,
  members: readonly Member[],
  rosters: readonly HeardRoster[],
): readonly HeardRoster[] {
  const reading = rosters.filter(
    ({ isCurrent, elapsedMs, roster }) => isCurrent && elapsedMs < FRESH_MS && roster.fault === undefined,
  );
  if (reading.length === 0) return [];
  const names = new Set(reading.map(({ node }) => node));
  const present = new Set<string>();
  for (const member of members) if (names.has(member.name) && isPresent(self, member)) present.add(member.name);
  return reading
    .filter(({ node }) => present.has(node))
    .sort((one, other) => (rankOf(one.node) < rankOf(other.node) ? -1 : 1));
}

/** Members that try to read now and cannot, and what they are told. */
export function failingReaders(
  self: string,
  members: readonly Member[],
  rosters: readonly HeardRoster[],
): readonly { readonly node: string; readonly why: string }[] {
  const present = new Set(members.filter((member) => isPresent(self, member)).map(({ name }) => name));
  return rosters.flatMap(({ node, isCurrent, elapsedMs, roster: { fault } }) =>
    isCurrent && elapsedMs < FRESH_MS && fault !== undefined && present.has(node) ? [{ node, why: fault }] : [],
  );
}

/** The last that anybody read, where nobody reads now. */
export const lastRoster = (rosters: readonly HeardRoster[]): HeardRoster | undefined =>
  rosters.filter(({ roster }) => roster.confirmedMs !== undefined).sort((one, other) => ageOf(one) - ageOf(other))[0];

/** Since the API last confirmed it, ms. */
export const ageOf = ({ elapsedMs, roster }: HeardRoster): number => elapsedMs + (roster.confirmedMs ?? Infinity);
