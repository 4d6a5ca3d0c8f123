/**
 * A note of the topic `notified`: one item for each destination, `{to, sending, failing, wait, told: [[fingerprint, state,
 * severity, age, round, size, round of the rule]…]}`, the last only of what a rule says. Instants are ms before the note was
 * made, `wait` ms after it. Fields that are not known are left alone, so that a later version may add some.
 */
import { MAX_NOTE_BYTES, MAX_NOTE_ITEMS } from '../model/board.ts';
import type { FindingSeverity } from '../model/finding.ts';
import { Malformed, readArray, readDuration, readInteger, readMatch, readOptional } from '../model/read.ts';

export interface Told {
  readonly state: 'firing' | 'resolved';
  /** What it was told to have. */
  readonly severity: FindingSeverity;
  /** Monotonic, ms. */
  readonly atMs: number;
  /** The node whose agent told it. */
  readonly by: string;
  /** The how many-th word on it, as far as is known: the next one has the next. */
  readonly round: number;
  /** Of how many nodes it was told. */
  readonly size: number;
  /** Which round of the rule was told; undefined: no rule says it, or an agent told it that knows of none. */
  readonly ruleRound?: number;
}

/** What an agent says of one receiver; instants are monotonic ms of the reader. */
export interface NoteLine {
  readonly destination: string;
  /** A message is on its way since then. */
  readonly sendingMs?: number;
  /** The last try has failed then. */
  readonly failingMs?: number;
  /** Nobody is to send anything before. */
  readonly notBeforeMs?: number;
  readonly entries: readonly (readonly [fingerprint: string, told: Told])[];
}

const STATES = { f: 'firing', r: 'resolved' } as const satisfies Record<string, Told['state']>;
const SEVERITIES = { c: 'critical', w: 'warning', i: 'info' } as const satisfies Record<string, FindingSeverity>;
const letterOf = (names: Readonly<Record<string, string>>, name: string): string =>
  Object.keys(names).find((letter) => names[letter] === name) ?? '';

/** Rounds go on at 0 behind it: five digits in every note. */
export const MAX_ROUND = 99_999;
const ROUNDS = MAX_ROUND + 1;

/** The next word on it. */
export const nextRound = (round: number): number => (round + 1) % ROUNDS;

/** As serial numbers compare (RFC 1982): of two that are half of all apart neither is later for ever. */
export const laterRound = (one: number, other: number): number =>
  (other - one + ROUNDS) % ROUNDS < ROUNDS / 2 ? other : one;

export const MAX_SIZE = 99_999;

export const HEX_16 = /^[0-9a-f]{16}$/;
/** With commas and brackets around it. */
const ENTRY_BYTES = JSON.stringify(['0123456789abcdef', 'f', 'c', 1_000_000_000, MAX_ROUND, MAX_SIZE]).length + 1;
const RULE_BYTES = `,${MAX_ROUND}`.length;
const bytesOf = ({ ruleRound }: Told): number => ENTRY_BYTES + (ruleRound === undefined ? 0 : RULE_BYTES);
const LINE_BYTES = 160;
/** No receiver asks for more. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** What is over, and what was told longest ago, is left out where there is no room. */
export function makeNote(lines: readonly NoteLine[], nowMs: number, maxBytes = MAX_NOTE_BYTES): readonly unknown[] {
  let room = maxBytes - lines.length * LINE_BYTES;
  const latest = lines.flatMap(({ entries }) => entries).toSorted(([, a], [, b]) => byUse(b, a));
  const none = latest.findIndex(([, told]) => {
    room -= bytesOf(told);
    return room < 0;
  });
  const written = new Set(none < 0 ? latest : latest.slice(0, none));
  const ageOf = (atMs: number): number => Math.max(0, Math.round(nowMs - atMs));
  const ageOfAny = (atMs: number | undefined): number | undefined => (atMs === undefined ? undefined : ageOf(atMs));
  return lines.slice(0, MAX_NOTE_ITEMS).map(({ destination, sendingMs, failingMs, notBeforeMs, entries }) => ({
    to: destination,
    sending: ageOfAny(sendingMs),
    failing: ageOfAny(failingMs),
    wait: notBeforeMs === undefined ? undefined : Math.max(0, Math.round(notBeforeMs - nowMs)),
    told: entries
      .filter((entry) => written.has(entry))
      .map(([fingerprint, { state, severity, atMs, round, size, ruleRound }]) => [
        fingerprint,
        letterOf(STATES, state),
        letterOf(SEVERITIES, severity),
        ageOf(atMs),
        round,
        Math.min(size, MAX_SIZE),
        ...(ruleRound === undefined ? [] : [Math.min(ruleRound, MAX_ROUND)]),
      ]),
  }));
}

/** What is over goes first, then what was told longest ago. */
export const byUse = (one: Told, other: Told): number =>
  Number(other.state === 'resolved') - Number(one.state === 'resolved') || one.atMs - other.atMs;

/** What can be read of it; never throws. */
export const readNote = (items: readonly unknown[], by: string, madeMs: number): readonly NoteLine[] =>
  items.flatMap((item) => orNothing(() => readLine(item, by, madeMs)));

function readLine(item: unknown, by: string, madeMs: number): NoteLine {
  if (typeof item !== 'object' || item === null) throw new Malformed('a line of a note');
  const { to, sending, failing, wait, told } = item as Readonly<Record<string, unknown>>;
  const instant = (value: unknown): number => madeMs - readDuration(value);
  const [sendingMs, failingMs] = [sending, failing].map((value) => readOptional(value, instant));
  const waitMs = readOptional(wait, readDuration);
  const entries = readArray(told, MAX_NOTE_ITEMS).flatMap((entry) =>
    orNothing(() => {
      const [fingerprint, state, severity, age, round, size, ruleRound] = readArray(entry, 7);
      const ofRule = readOptional(ruleRound, (value) => readInteger(value, 0));
      const read: Told = {
        state: readLetter(STATES, state),
        severity: readLetter(SEVERITIES, severity),
        atMs: instant(age),
        by,
        // What is longer would make the notes of all who say the next word longer than they may be.
        round: readInteger(round, 0) % ROUNDS,
        size: Math.min(MAX_SIZE, readInteger(size, 0)),
        ...(ofRule !== undefined && { ruleRound: Math.min(MAX_ROUND, ofRule) }),
      };
      return [readMatch(fingerprint, HEX_16), read] as const;
    }),
  );
  return {
    destination: readMatch(to, HEX_16),
    ...(sendingMs !== undefined && { sendingMs }),
    ...(failingMs !== undefined && { failingMs }),
    ...(waitMs !== undefined && { notBeforeMs: madeMs + Math.min(LONGEST_WAIT_MS, waitMs) }),
    entries,
  };
}

function readLetter<Name>(names: Readonly<Record<string, Name>>, value: unknown): Name {
  const name = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined;
  if (name === undefined) throw new Malformed('a letter');
  return name;
}

/** What is malformed is left out. */
export function orNothing<T>(read: () => T): T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof Malformed) return [];
    throw error;
  }
}
