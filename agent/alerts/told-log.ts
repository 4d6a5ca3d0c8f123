/**
 * What receivers were told, by whomever: the own entries and those of all others, of which for each receiver and alert
 * the latest counts. An agent writes its own on the board, and keeps in mind what it has heard: an author may be gone.
 */
import type { Note } from '../model/board.ts';
import { type NoteLine, type Told, makeNote, readNote } from './told-note.ts';

export type { Told } from './told-note.ts';

/** What another agent says of a receiver now. */
export interface PeerWord {
  readonly node: string;
  /** It is about to send, ms since it said so. */
  readonly sendingForMs?: number;
  /** Its last try has failed, ms since then. */
  readonly failingForMs?: number;
}

export interface ToldLog {
  /** All notes of the topic; those that were read before cost nothing. */
  hear(notes: readonly Note[], nowMs: number): void;
  /** This agent has told it. */
  add(destination: string, fingerprint: string, told: Omit<Told, 'by'>): void;
  of(destination: string, fingerprint: string): Told | undefined;
  /** Of a receiver, what is not over. */
  firing(destination: string): readonly (readonly [fingerprint: string, told: Told])[];
  /** When it was told anything last, monotonic ms. */
  lastMs(destination: string): number | undefined;
  /** Of a receiver, latest first. */
  entries(destination: string): readonly (readonly [fingerprint: string, told: Told])[];
  /** What others in my component say of it. */
  peers(destination: string): readonly PeerWord[];
  /** Two agents told one thing of one alert at nearly the same time, so often. */
  duplicates(): number;
  /** The own note. */
  note(lines: readonly Omit<NoteLine, 'entries' | 'lastMs'>[], nowMs: number): readonly unknown[];
  /** Forgets what is older and does not stand. */
  expire(nowMs: number, isNeeded: (fingerprint: string) => boolean): void;
  /** From the run before. */
  recall(entries: readonly (readonly [destination: string, fingerprint: string, told: Told])[]): void;
  dump(): readonly (readonly [destination: string, fingerprint: string, told: Told])[];
}

export interface ToldLogOptions {
  readonly self: string;
  readonly keepMs: number;
  /** Two agents that tell the same within this time did not know of each other. */
  readonly duplicateMs: number;
}

const MAX_ENTRIES = 4000;
const MAX_COUNTED = 1000;

export function createToldLog({ self, keepMs, duplicateMs }: ToldLogOptions): ToldLog {
  /** Destination → fingerprint. */
  const told = new Map<string, Map<string, Told>>();
  const last = new Map<string, number>();
  /** Items that were read, and what in them is of now. */
  const read = new WeakMap<readonly unknown[], readonly NoteLine[]>();
  let words: ReadonlyMap<string, readonly PeerWord[]> = new Map();
  const counted = new Set<string>();
  let duplicates = 0;

  const countDuplicate = (key: string, one: Told, other: Told): void => {
    if (one.by === other.by || one.state !== other.state || Math.abs(one.atMs - other.atMs) > duplicateMs) return;
    if (counted.has(key) || one.state === 'refused') return;
    if (counted.size >= MAX_COUNTED) counted.clear();
    counted.add(key);
    duplicates += 1;
  };
  const put = (destination: string, fingerprint: string, entry: Told): void => {
    const entries = told.get(destination) ?? new Map<string, Told>();
    told.set(destination, entries);
    const known = entries.get(fingerprint);
    const key = `${destination}/${fingerprint}/${entry.state}`;
    if (known !== undefined) countDuplicate(key, known, entry);
    // Sides of a cut count for themselves: what comes after them is none of what was.
    const round = Math.max(known?.round ?? 0, entry.round);
    const latest = known === undefined || known.atMs < entry.atMs ? entry : known;
    entries.set(fingerprint, latest.round === round ? latest : { ...latest, round });
    if (known !== undefined && Math.abs(known.atMs - entry.atMs) > duplicateMs) counted.delete(key);
    if (entry.state !== 'refused') noteLast(destination, entry.atMs);
  };
  const noteLast = (destination: string, atMs: number): void => {
    last.set(destination, Math.max(last.get(destination) ?? -Infinity, atMs));
  };
  const take = (note: Note, nowMs: number): readonly NoteLine[] => {
    const known = read.get(note.items);
    if (known !== undefined) return known;
    const lines = readNote(note.items, note.node, nowMs - note.ageMs);
    read.set(note.items, lines);
    for (const { destination, entries, lastMs } of lines) {
      for (const [fingerprint, entry] of entries) put(destination, fingerprint, entry);
      if (lastMs !== undefined) noteLast(destination, lastMs);
    }
    return lines;
  };
  const wordsIn = (note: Note, lines: readonly NoteLine[], nowMs: number): (readonly [string, PeerWord])[] =>
    lines.flatMap(({ destination, sendingMs, failingMs }) => {
      if (sendingMs === undefined && failingMs === undefined) return [];
      const word: PeerWord = {
        node: note.node,
        ...(sendingMs !== undefined && { sendingForMs: nowMs - sendingMs }),
        ...(failingMs !== undefined && { failingForMs: nowMs - failingMs }),
      };
      return [[destination, word] as const];
    });
  const all = (): (readonly [string, string, Told])[] =>
    [...told].flatMap(([destination, entries]) =>
      [...entries].map(([fingerprint, entry]) => [destination, fingerprint, entry] as const),
    );

  return {
    hear(notes, nowMs) {
      const heard = new Map<string, PeerWord[]>();
      for (const note of notes) {
        const lines = take(note, nowMs);
        if (note.isOwn || !note.isCurrent) continue;
        for (const [destination, word] of wordsIn(note, lines, nowMs))
          heard.set(destination, [...(heard.get(destination) ?? []), word]);
      }
      words = heard;
    },
    add: (destination, fingerprint, entry) => put(destination, fingerprint, { ...entry, by: self }),
    of: (destination, fingerprint) => told.get(destination)?.get(fingerprint),
    firing: (destination) => [...(told.get(destination) ?? [])].filter(([, { state }]) => state === 'firing'),
    lastMs: (destination) => last.get(destination),
    entries: (destination) => [...(told.get(destination) ?? [])].sort(([, a], [, b]) => b.atMs - a.atMs),
    peers: (destination) => words.get(destination) ?? [],
    duplicates: () => duplicates,
    note: (lines, nowMs) =>
      makeNote(
        lines.map((line) => {
          const lastMs = last.get(line.destination);
          const own = [...(told.get(line.destination) ?? [])].filter(([, { by }]) => by === self);
          return { ...line, entries: own, ...(lastMs !== undefined && { lastMs }) };
        }),
        nowMs,
      ),
    expire(nowMs, isNeeded) {
      const old = all().filter(
        ([, fingerprint, { atMs, state }]) => nowMs - atMs > keepMs && !(state !== 'resolved' && isNeeded(fingerprint)),
      );
      for (const [destination, fingerprint] of old) told.get(destination)?.delete(fingerprint);
      const rest = all();
      if (rest.length <= MAX_ENTRIES) return;
      const oldestFirst = rest.sort(([, , a], [, , b]) => byUse(a, b));
      for (const [destination, fingerprint] of oldestFirst.slice(0, rest.length - MAX_ENTRIES))
        told.get(destination)?.delete(fingerprint);
    },
    recall(entries) {
      for (const [destination, fingerprint, entry] of entries) put(destination, fingerprint, entry);
    },
    dump: all,
  };
}

/** What is over goes first, then what was told longest ago. */
export const byUse = (one: Told, other: Told): number =>
  Number(other.state === 'resolved') - Number(one.state === 'resolved') || one.atMs - other.atMs;
