/** What the others' notes say of rules, each read once. */
import type { Clock } from '../../base/clock.ts';
import type { Board, Note } from '../../model/board.ts';
import { readNote } from './note.ts';
import type { HeardNote, RuleNote } from './word.ts';

export interface RuleBook {
  /** Of all others whose rules are known. */
  others(): readonly HeardNote[];
  /** What an earlier run of this agent wrote last, as long as this one has written nothing. */
  before(): HeardNote | undefined;
}

interface Read {
  readonly note: RuleNote;
  readonly madeMs: number;
}

/** So soon after somebody is back, what was heard of him last may be from before. */
const SYNC_MS = 5000;

export function createRuleBook({
  clock,
  board,
}: {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly board: Board;
}): RuleBook {
  /** The items of a note are the same while it is. */
  const read = new WeakMap<readonly unknown[], Read>();
  /** Node → since when it is there. */
  const present = new Map<string, number>();
  const isHeard = ({ node, isCurrent, ageMs }: Note): boolean => {
    if (!isCurrent) {
      present.delete(node);
      return false;
    }
    const nowMs = clock.monotonic();
    // Who says something for the first time has just made it.
    const sinceMs = present.get(node) ?? (ageMs < SYNC_MS ? nowMs - SYNC_MS : nowMs);
    present.set(node, sinceMs);
    return nowMs - sinceMs >= SYNC_MS || nowMs - ageMs > sinceMs;
  };
  const hear = (note: Note): HeardNote => {
    const { node, isOwn, ageMs, items } = note;
    const madeMs = clock.monotonic() - ageMs;
    const known = read.get(items) ?? { note: readNote(items, madeMs), madeMs };
    read.set(items, known);
    return { ...known.note, node, isCurrent: !isOwn && isHeard(note), madeMs: known.madeMs };
  };
  return {
    others: () =>
      board
        .notes('alerts')
        .filter(({ isOwn }) => !isOwn)
        .map(hear)
        .filter(({ head }) => head.set !== ''),
    before: () => {
      const own = board.notes('alerts').find(({ isOwn }) => isOwn);
      return own === undefined ? undefined : hear(own);
    },
  };
}
