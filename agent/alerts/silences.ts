/**
 * Silences on the board: an agent that is asked says so in its note, and any agent may end what another began. Of what is
 * said of one silence the highest generation counts, an end before anything else: clocks have no say, and what was ended
 * stays ended.
 */
import type { Clock } from '../base/clock.ts';
import type { Board, Note, Telling } from '../model/board.ts';
import { Malformed, readDuration, readInteger, readMatch, readOptional, readText } from '../model/read.ts';
import { LONGEST_SILENCE_MS, type Silence, type SilenceOrder, type SilenceOutcome } from '../model/silence.ts';
import type { Alert } from './types.ts';

export interface Silences {
  /** Those that hold, the one that ends first before the others. */
  list(): readonly Silence[];
  isSilenced(alert: Pick<Alert, 'reason' | 'nodes'>): boolean;
  begin(order: SilenceOrder): SilenceOutcome;
  end(id: string): SilenceOutcome;
  /**
   * Says what has to be said again: that others ended what this agent began, and, by the one agent that is to, what was
   * said by agents that are gone. Called at each look.
   */
  tend(isKeeper: () => boolean): void;
}

export interface SilencesDeps {
  readonly self: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly board: Board;
  /** 8 hexadecimal digits that nobody guesses. */
  readonly newId: () => string;
}

/** What is said of a silence, as it was heard; times are monotonic ms. */
interface Word {
  readonly id: string;
  readonly generation: number;
  readonly reason?: string;
  readonly node?: string;
  readonly comment: string;
  /** Whose agent was asked. */
  readonly by: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly isEnd: boolean;
  readonly isOwn: boolean;
}

/** Nothing changes that fast. */
const SNAPSHOT_MS = 200;

/** Of what holds, and as many of what is ended. */
const MAX_WORDS = 32;
const MAX_GENERATION = 2 ** 31;
/** Others may count a word as younger by as much as clocks are set back while agents do not run. */
const AGE_MARGIN_MS = 3_600_000;
const ID = /^[0-9a-f]{8}$/;
export const MAX_COMMENT_LENGTH = 120;
const MAX_NAME_LENGTH = 253;

export function createSilences({ self, clock, board, newId }: SilencesDeps): Silences {
  const read = new WeakMap<readonly unknown[], readonly Word[]>();
  const wordsOf = (note: Note): readonly Word[] => {
    const known = read.get(note.items);
    if (known !== undefined) return known;
    const words = note.items
      .slice(0, 2 * MAX_WORDS)
      .flatMap((item) => readWord(item, note, clock.monotonic() - note.ageMs));
    read.set(note.items, words);
    return words;
  };
  const all = (): readonly Word[] => board.notes('silences').flatMap(wordsOf);
  const latestOf = (words: readonly Word[]): readonly Word[] =>
    [...Map.groupBy(words, ({ id }) => id).values()].flatMap((those) => those.toSorted(byRank).slice(0, 1));
  let snapshot: { readonly atMs: number; readonly words: readonly Word[] } | undefined;
  const holding = (): readonly Word[] => {
    const now = clock.monotonic();
    if (snapshot !== undefined && now - snapshot.atMs < SNAPSHOT_MS) return snapshot.words;
    const words = latestOf(all())
      .filter(({ isEnd, untilMs }) => !isEnd && untilMs > now)
      .sort((a, b) => a.untilMs - b.untilMs || (a.id < b.id ? -1 : 1));
    snapshot = { atMs: now, words };
    return words;
  };
  const present = ({ id, reason, node, comment, by, sinceMs, untilMs }: Word): Silence => {
    const origin = clock.now() - clock.monotonic();
    return {
      id,
      ...(reason !== undefined && { reason }),
      ...(node !== undefined && { node }),
      comment,
      by,
      since: Math.round(origin + sinceMs),
      until: Math.round(origin + untilMs),
    };
  };
  const say = (words: readonly Word[]): Telling => {
    snapshot = undefined;
    const now = clock.monotonic();
    return board.tell(
      'silences',
      words.map((one) => toItem(one, now)),
    );
  };
  /** Own words that still matter, with this one in the place of what was said of it. */
  const tell = (word: Word): Telling | 'too-many' => {
    const now = clock.monotonic();
    const words = all();
    const isNeeded = ({ id }: Word): boolean =>
      id !== word.id && words.some((one) => one.id === id && one.untilMs + AGE_MARGIN_MS > now);
    const said = [...words.filter((one) => one.isOwn && isNeeded(one)), word];
    return hasRoom(said) ? say(said) : 'too-many';
  };
  const outcomeOf = (telling: Telling | 'too-many'): SilenceOutcome | undefined => {
    if (telling === 'told') return undefined;
    return { kind: telling === 'not-yet' ? 'not-settled' : telling === 'busy' ? 'busy' : 'too-many' };
  };

  return {
    list: () => holding().map(present),
    isSilenced({ reason, nodes }) {
      const those = holding().filter((one) => one.reason === undefined || one.reason === reason);
      // Of several nodes nobody is heard of any more only when each of them is silenced.
      return (
        those.some(({ node }) => node === undefined) ||
        (nodes.length > 0 && nodes.every((name) => those.some(({ node }) => node === name)))
      );
    },
    begin({ forMs, ...order }) {
      const now = clock.monotonic();
      const word: Word = {
        ...order,
        id: newId(),
        generation: 1,
        by: self,
        sinceMs: now,
        untilMs: now + Math.min(forMs, LONGEST_SILENCE_MS),
        isEnd: false,
        isOwn: true,
      };
      return outcomeOf(tell(word)) ?? { kind: 'begun', silence: present(word) };
    },
    end(id) {
      const found = holding().find((one) => one.id === id);
      if (found === undefined) return { kind: 'unknown-id' };
      const generation = Math.min(MAX_GENERATION, found.generation + 1);
      const word: Word = { ...found, generation, isEnd: true, isOwn: true };
      return outcomeOf(tell(word)) ?? { kind: 'ended', silence: present(found) };
    },
    tend(isKeeper) {
      const now = clock.monotonic();
      const isNeeded = ({ untilMs }: Word): boolean => untilMs + AGE_MARGIN_MS > now;
      const notes = board.notes('silences');
      const own = new Map(notes.flatMap((note) => (note.isOwn ? wordsOf(note).map((word) => [word.id, word]) : [])));
      const here = new Set(notes.flatMap((note) => (note.isCurrent ? wordsOf(note).map(idAndRank) : [])));
      const foreign = latestOf(notes.flatMap(wordsOf)).filter((word) => !word.isOwn && isNeeded(word));
      const wanted = foreign.filter((word) => {
        const said = own.get(word.id);
        if (said !== undefined) return byRank(word, said) < 0;
        return !here.has(idAndRank(word)) && isKeeper();
      });
      let said: readonly Word[] = [...own.values()].filter(isNeeded);
      let isMore = false;
      for (const word of wanted) {
        const more = [...said.filter(({ id }) => id !== word.id), { ...word, isOwn: true }];
        if (!hasRoom(more)) continue;
        [said, isMore] = [more, true];
      }
      if (isMore) say(said);
    },
  };
}

const idAndRank = ({ id, generation, isEnd }: Word): string => `${id} ${generation} ${isEnd}`;

/** What is ended takes no room from what holds. */
function hasRoom(words: readonly Word[]): boolean {
  const ends = words.filter(({ isEnd }) => isEnd).length;
  return ends <= MAX_WORDS && words.length - ends <= MAX_WORDS;
}

const byRank = (one: Word, other: Word): number =>
  other.generation - one.generation || Number(other.isEnd) - Number(one.isEnd);

const toItem = (
  { id, generation, reason, node, comment, by, sinceMs, untilMs, isEnd }: Word,
  now: number,
): unknown => ({
  id,
  generation,
  // Of what is ended only that counts.
  ...(!isEnd && { reason, node, comment, by }),
  for: Math.max(0, Math.round(now - sinceMs)),
  left: Math.max(0, Math.round(untilMs - now)),
  ended: isEnd ? true : undefined,
});

function readWord(item: unknown, { node: author, isOwn }: Note, madeMs: number): readonly Word[] {
  try {
    if (typeof item !== 'object' || item === null) throw new Malformed('a silence');
    const fields = item as Readonly<Record<string, unknown>>;
    const [reason, node] = [fields['reason'], fields['node']].map((value) =>
      readOptional(value, (text) => readText(text, MAX_NAME_LENGTH)),
    );
    const isEnd = fields['ended'] === true;
    if (reason === undefined && node === undefined && !isEnd) throw new Malformed('a silence of something');
    return [
      {
        id: readMatch(fields['id'], ID),
        generation: readInteger(fields['generation'], 1, MAX_GENERATION),
        ...(reason !== undefined && { reason }),
        ...(node !== undefined && { node }),
        comment: isEnd ? '' : readText(fields['comment'], MAX_COMMENT_LENGTH),
        by: readOptional(fields['by'], (text) => readText(text, MAX_NAME_LENGTH)) ?? author,
        sinceMs: madeMs - readDuration(fields['for']),
        untilMs: madeMs + Math.min(LONGEST_SILENCE_MS, readDuration(fields['left'])),
        isEnd,
        isOwn,
      },
    ];
  } catch (error) {
    if (error instanceof Malformed) return [];
    throw error;
  }
}
