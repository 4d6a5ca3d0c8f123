/** The board of an agent that talks to no other: its own notes. */
import type { Clock } from '../base/clock.ts';
import { type Board, MAX_NOTE_BYTES, MAX_NOTE_ITEMS, type Topic } from '../model/board.ts';

export interface LocalNote {
  readonly topic: Topic;
  readonly items: readonly unknown[];
  /** Monotonic, ms. */
  readonly madeMs: number;
}

export interface LocalBoard extends Board {
  dump(): readonly LocalNote[];
  recall(notes: readonly LocalNote[]): void;
}

export function createLocalBoard(self: string, clock: Pick<Clock, 'monotonic'>): LocalBoard {
  const notes = new Map<Topic, LocalNote>();
  return {
    tell(topic, items) {
      const text = JSON.stringify(items);
      if (items.length > MAX_NOTE_ITEMS || Buffer.byteLength(text) > MAX_NOTE_BYTES) return 'too-long';
      notes.set(topic, { topic, items: JSON.parse(text) as readonly unknown[], madeMs: clock.monotonic() });
      return 'told';
    },
    notes(topic) {
      const note = notes.get(topic);
      if (note === undefined) return [];
      const { items, madeMs } = note;
      return [{ node: self, isOwn: true, isCurrent: true, ageMs: clock.monotonic() - madeMs, items }];
    },
    dump: () => [...notes.values()],
    recall: (past) => past.forEach((note) => notes.has(note.topic) || notes.set(note.topic, note)),
  };
}
