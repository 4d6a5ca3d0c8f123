import { expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { unsucceeded } from './succession.ts';
import { type HeardNote, type Judging, isSucceeded } from './word.ts';

const aNote = (node: string, madeMs: number, judging?: Judging): HeardNote => ({
  node,
  isCurrent: true,
  madeMs,
  head: { set: 'abcdef012345', ...(judging !== undefined && { judging }), unknown: [], absent: [], omitted: 0 },
  words: [],
  legacies: [],
});

it('is that of those after whom nobody else judged, and of nobody who did not', () => {
  const random = createRandom(3);
  for (let round = 0; round < 500; round += 1) {
    const notes = Array.from({ length: 1 + random.integer(6) }, (_, index) => {
      const sinceMs = random.integer(10);
      const untilMs = sinceMs + random.integer(5);
      const fate = random.integer(3);
      const judging = fate === 0 ? undefined : { sinceMs, ...(fate === 1 && { untilMs }) };
      return aNote(`n${index}`, sinceMs + random.integer(8), judging);
    });
    const expected = notes.filter((note) => note.head.judging !== undefined && !isSucceeded(note, notes));
    expect(unsucceeded(notes)).toEqual(expected);
  }
});

it('costs as much for each of five thousand as for one', () => {
  let asked = 0;
  const notes = Array.from({ length: 5000 }, (_, index) => {
    const note = aNote(`n${index}`, index, { sinceMs: index });
    return Object.defineProperty({ ...note }, 'head', {
      get: () => {
        asked += 1;
        return note.head;
      },
    });
  });
  expect(unsucceeded(notes)).toHaveLength(1);
  expect(asked / notes.length).toBeLessThan(20);
});
