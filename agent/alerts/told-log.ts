/**
 * What receivers were told, by whomever: the own entries and those of all others, of which for each receiver and alert
 * the latest counts. An agent writes its own on the board, and keeps in mind what it has heard: an author may be gone.
 */
import { MAX_NOTE_BYTES, type Note } from '../model/board.ts';
import { createClaims } from './claims.ts';
import { SENDING_FOR_MS } from './line.ts';
import { type NoteLine, type Told, byUse, laterRound, makeNote, readNote } from './told-note.ts';

export type { Told } from './told-note.ts';

/** What another agent says of a receiver now. */
export interface PeerWord {
  readonly node: string;
  /** It is about to send, ms since it said so; not where it said so often and told nothing. */
  readonly sendingForMs?: number;
  /** Its last try has failed, ms since then. */
  readonly failingForMs?: number;
  /** The receiver wants to be left alone for so long, ms. */
  readonly waitMs?: number;
}

/** Monotonic, ms; -Infinity: never. */
export interface LastTold {
  readonly byThisMs: number;
  readonly byOthersMs: number;
}

export interface ToldLog {
  /** All notes of the topic; those that were read before cost nothing. */
  hear(notes: readonly Note[], nowMs: number): void;
  /** This agent has told it. */
  add(destination: string, fingerprint: string, told: Omit<Told, 'by'>): void;
  of(destination: string, fingerprint: string): Told | undefined;
  /** When it was told anything last, monotonic ms. */
  last(destination: string): LastTold;
  /** Of a receiver, latest first. */
  entries(destination: string): readonly (readonly [fingerprint: string, told: Told])[];
  /** What others in my component say of it. */
  peers(destination: string): readonly PeerWord[];
  /** Two agents told one thing of one alert at nearly the same time, so often. */
  duplicates(): number;
  /** The own note. */
  note(lines: readonly Omit<NoteLine, 'entries'>[], nowMs: number, maxBytes?: number): readonly unknown[];
  /** Forgets what is older and does not stand. */
  expire(nowMs: number): void;
  /** From the run before. */
  recall(entries: readonly (readonly [destination: string, fingerprint: string, told: Told])[]): void;
  dump(): readonly (readonly [destination: string, fingerprint: string, told: Told])[];
}

export interface ToldLogOptions {
  readonly self: string;
  readonly keepMs: number;
  /** Two agents that tell the same within this time did not know of each other. */
  readonly duplicateMs: number;
  /** Of the receivers of this agent: what is said of others is nothing to it. */
  readonly destinations: () => readonly string[];
  /** This agent knows of it. */
  readonly isNeeded: (fingerprint: string) => boolean;
}

/** Of one destination. */
export const MAX_ENTRIES = 2000;
/** Forgotten together. */
const SPARE_ENTRIES = 200;
const MAX_COUNTED = 1000;

const NEVER: LastTold = { byThisMs: -Infinity, byOthersMs: -Infinity };

/** Who says that it sends is waited for so long in all. */
const MOST_SENDING_MS = 4 * SENDING_FOR_MS;
const MOST_WAITING_MS = 20 * 60_000;

export function createToldLog(options: ToldLogOptions): ToldLog {
  const { self, keepMs, duplicateMs, destinations, isNeeded } = options;
  /** Destination → fingerprint. */
  const told = new Map<string, Map<string, Told>>();
  const last = new Map<string, LastTold>();
  /** Items that were read, and what in them is of now. */
  let read = new WeakMap<readonly unknown[], readonly NoteLine[]>();
  let readOf = '';
  let words: ReadonlyMap<string, readonly PeerWord[]> = new Map();
  const [sending, waiting] = [createClaims(MOST_SENDING_MS), createClaims(MOST_WAITING_MS)];
  const counted = new Set<string>();
  let duplicates = 0;

  const countDuplicate = (key: string, one: Told, other: Told): void => {
    if (one.by === other.by || one.state !== other.state || one.ruleRound !== other.ruleRound) return;
    if (Math.abs(one.atMs - other.atMs) > duplicateMs) return;
    if (counted.has(key)) return;
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
    const round = known === undefined ? entry.round : laterRound(known.round, entry.round);
    const isLater = known === undefined || known.atMs < entry.atMs;
    const latest = isLater ? entry : known;
    entries.set(fingerprint, latest.round === round ? latest : { ...latest, round });
    if (known !== undefined && Math.abs(known.atMs - entry.atMs) > duplicateMs) counted.delete(key);
    if (isLater && isNeeded(fingerprint)) for (const claims of [sending, waiting]) claims.redeem(destination, entry.by);
    noteLast(destination, entry);
    if (entries.size > MAX_ENTRIES + SPARE_ENTRIES) shrink(entries);
  };
  /** Of whoever said most, the oldest first: who says much pushes out nobody else's. */
  const shrink = (entries: Map<string, Told>): void => {
    const spare = [...entries].filter(([fingerprint]) => !isNeeded(fingerprint));
    const placed = [...Map.groupBy(spare, ([, { by }]) => by).values()].flatMap((those) =>
      those.sort(([, a], [, b]) => byUse(b, a)).map(([fingerprint], place) => ({ fingerprint, place })),
    );
    placed.sort((a, b) => b.place - a.place);
    for (const { fingerprint } of placed.slice(0, Math.max(0, entries.size - MAX_ENTRIES))) entries.delete(fingerprint);
  };
  const noteLast = (destination: string, { by, atMs }: Told): void => {
    const { byThisMs, byOthersMs } = last.get(destination) ?? NEVER;
    if (by === self) last.set(destination, { byThisMs: Math.max(byThisMs, atMs), byOthersMs });
    else last.set(destination, { byThisMs, byOthersMs: Math.max(byOthersMs, atMs) });
  };
  const take = (note: Note, nowMs: number, wanted: readonly string[]): readonly NoteLine[] => {
    const known = read.get(note.items);
    if (known !== undefined) return known;
    const lines = readNote(note.items, note.node, nowMs - note.ageMs).filter(({ destination }) =>
      wanted.includes(destination),
    );
    read.set(note.items, lines);
    for (const { destination, entries } of lines)
      for (const [fingerprint, entry] of entries) put(destination, fingerprint, entry);
    return lines;
  };
  const wordsIn = (note: Note, lines: readonly NoteLine[], nowMs: number): (readonly [string, PeerWord])[] =>
    lines.flatMap(({ destination, sendingMs, failingMs, notBeforeMs = -Infinity }) => {
      const { node } = note;
      const isSending =
        sendingMs !== undefined && nowMs - sendingMs < SENDING_FOR_MS && sending.hear(destination, node, nowMs);
      const isWaiting = notBeforeMs > nowMs && waiting.hear(destination, node, nowMs);
      if (!isSending && !isWaiting && failingMs === undefined) return [];
      const word: PeerWord = {
        node,
        ...(isSending && { sendingForMs: nowMs - sendingMs }),
        ...(failingMs !== undefined && { failingForMs: nowMs - failingMs }),
        ...(isWaiting && { waitMs: notBeforeMs - nowMs }),
      };
      return [[destination, word] as const];
    });
  const all = (): (readonly [string, string, Told])[] =>
    [...told].flatMap(([destination, entries]) =>
      [...entries].map(([fingerprint, entry]) => [destination, fingerprint, entry] as const),
    );

  return {
    hear(notes, nowMs) {
      const wanted = destinations();
      // What was said of a receiver that had another token is read with its new one.
      if (wanted.join() !== readOf) [read, readOf] = [new WeakMap(), wanted.join()];
      const heard = new Map<string, PeerWord[]>();
      for (const note of notes) {
        const lines = take(note, nowMs, wanted);
        if (note.isOwn || !note.isCurrent) continue;
        for (const [destination, word] of wordsIn(note, lines, nowMs))
          heard.set(destination, [...(heard.get(destination) ?? []), word]);
      }
      words = heard;
    },
    add: (destination, fingerprint, entry) => put(destination, fingerprint, { ...entry, by: self }),
    of: (destination, fingerprint) => told.get(destination)?.get(fingerprint),
    last: (destination) => last.get(destination) ?? NEVER,
    entries: (destination) => [...(told.get(destination) ?? [])].sort(([, a], [, b]) => b.atMs - a.atMs),
    peers: (destination) => words.get(destination) ?? [],
    duplicates: () => duplicates,
    note: (lines, nowMs, maxBytes = MAX_NOTE_BYTES) =>
      makeNote(
        lines.map((line) => ({
          ...line,
          entries: [...(told.get(line.destination) ?? [])].filter(([, { by }]) => by === self),
        })),
        nowMs,
        maxBytes,
      ),
    expire(nowMs) {
      for (const [destination, entries] of told) {
        for (const [fingerprint, { atMs, state }] of entries)
          if (nowMs - atMs > keepMs && !(state !== 'resolved' && isNeeded(fingerprint))) entries.delete(fingerprint);
        if (entries.size === 0 && !destinations().includes(destination)) told.delete(destination);
      }
    },
    recall(entries) {
      for (const [destination, fingerprint, entry] of entries) put(destination, fingerprint, entry);
    },
    dump: all,
  };
}
