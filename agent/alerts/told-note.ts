/**
 * A note of the topic `notified`: one item for each receiver, `{to, last, sending, failing, told: [[fingerprint, state,
 * severity, age, round, [reason, subject, node…]]…]}`. Instants are ms before the note was made. Fields that are not known are left alone, so that a later
 * version may add some.
 */
import { MAX_NOTE_BYTES, MAX_NOTE_ITEMS } from '../model/board.ts';
import type { FindingSeverity } from '../model/finding.ts';
import { Malformed, readArray, readDuration, readInteger, readMatch, readOptional, readText } from '../model/read.ts';
import type { Topic } from './alert.ts';

export interface Told {
  /** `refused`: the receiver does not want it; it is not told again for a while. */
  readonly state: 'firing' | 'resolved' | 'refused';
  /** What it was told to have. */
  readonly severity: FindingSeverity;
  /** Monotonic, ms. */
  readonly atMs: number;
  /** The node whose agent told it. */
  readonly by: string;
  /** The how many-th word on it, as far as is known: the next one has the next. */
  readonly round: number;
  /** Of what stands, while there is room. */
  readonly about?: Topic;
}

/** What an agent says of one receiver; instants are monotonic ms of the reader. */
export interface NoteLine {
  readonly destination: string;
  /** When it was told anything last. */
  readonly lastMs?: number;
  /** A message is on its way since then. */
  readonly sendingMs?: number;
  /** The last try has failed then. */
  readonly failingMs?: number;
  readonly entries: readonly (readonly [fingerprint: string, told: Told])[];
}

const STATES = { f: 'firing', r: 'resolved', x: 'refused' } as const satisfies Record<string, Told['state']>;
const SEVERITIES = { c: 'critical', w: 'warning', i: 'info' } as const satisfies Record<string, FindingSeverity>;
const letterOf = (names: Readonly<Record<string, string>>, name: string): string =>
  Object.keys(names).find((letter) => names[letter] === name) ?? '';

/** Rounds go on at 0 behind it: five digits in every note. */
export const MAX_ROUND = 99_999;

export const HEX_16 = /^[0-9a-f]{16}$/;
/** With commas and brackets around it. */
const ENTRY_BYTES = JSON.stringify(['0123456789abcdef', 'f', 'c', 1_000_000_000, 10_000]).length + 1;
const LINE_BYTES = 160;
const MAX_NODES = 32;
const MAX_TEXT_LENGTH = 300;

/** What is over, and what was told longest ago, is left out where there is no room; before that what it is about. */
export function makeNote(lines: readonly NoteLine[], nowMs: number): readonly unknown[] {
  let room = MAX_NOTE_BYTES - lines.length * LINE_BYTES;
  const latest = lines
    .flatMap(({ entries }) => entries)
    .toSorted(([, a], [, b]) => Number(a.state === 'resolved') - Number(b.state === 'resolved') || b.atMs - a.atMs)
    .slice(0, Math.max(0, Math.floor(room / ENTRY_BYTES)));
  room -= latest.length * ENTRY_BYTES;
  const ageOf = (atMs: number | undefined): number | undefined =>
    atMs === undefined ? undefined : Math.max(0, Math.round(nowMs - atMs));
  const written = new Map<NoteLine['entries'][number], readonly unknown[]>(
    latest.map((entry) => {
      const [fingerprint, { state, severity, atMs, round, about }] = entry;
      const bare = [fingerprint, letterOf(STATES, state), letterOf(SEVERITIES, severity), ageOf(atMs), round];
      const more = state === 'firing' && about !== undefined && about.nodes.length <= MAX_NODES;
      const topic = more ? [about.reason, about.subject ?? null, ...about.nodes] : [];
      const bytes = Buffer.byteLength(JSON.stringify(topic)) + 1;
      if (!more || bytes > room) return [entry, bare];
      room -= bytes;
      return [entry, [...bare, topic]];
    }),
  );
  return lines.slice(0, MAX_NOTE_ITEMS).map(({ destination, lastMs, sendingMs, failingMs, entries }) => ({
    to: destination,
    last: ageOf(lastMs),
    sending: ageOf(sendingMs),
    failing: ageOf(failingMs),
    told: entries.flatMap((entry) => {
      const one = written.get(entry);
      return one === undefined ? [] : [one];
    }),
  }));
}

/** What can be read of it; never throws. */
export const readNote = (items: readonly unknown[], by: string, madeMs: number): readonly NoteLine[] =>
  items.flatMap((item) => orNothing(() => readLine(item, by, madeMs)));

function readLine(item: unknown, by: string, madeMs: number): NoteLine {
  if (typeof item !== 'object' || item === null) throw new Malformed('a line of a note');
  const { to, last, sending, failing, told } = item as Readonly<Record<string, unknown>>;
  const instant = (value: unknown): number => madeMs - readDuration(value);
  const [lastMs, sendingMs, failingMs] = [last, sending, failing].map((value) => readOptional(value, instant));
  const entries = readArray(told, MAX_NOTE_ITEMS).flatMap((entry) =>
    orNothing(() => {
      const [fingerprint, state, severity, age, round, topic] = readArray(entry, 6);
      const about = readOptional(topic, readTopic);
      const read: Told = {
        state: readLetter(STATES, state),
        severity: readLetter(SEVERITIES, severity),
        atMs: instant(age),
        by,
        round: readInteger(round, 0),
        ...(about !== undefined && { about }),
      };
      return [readMatch(fingerprint, HEX_16), read] as const;
    }),
  );
  return {
    destination: readMatch(to, HEX_16),
    ...(lastMs !== undefined && { lastMs }),
    ...(sendingMs !== undefined && { sendingMs }),
    ...(failingMs !== undefined && { failingMs }),
    entries,
  };
}

function readTopic(value: unknown): Topic {
  const [reason, given, ...nodes] = readArray(value, MAX_NODES + 2);
  const subject = readOptional(given, (text) => readText(text, MAX_TEXT_LENGTH));
  return {
    reason: readText(reason, MAX_TEXT_LENGTH),
    nodes: nodes.map((node) => readText(node, MAX_TEXT_LENGTH)),
    ...(subject !== undefined && { subject }),
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
