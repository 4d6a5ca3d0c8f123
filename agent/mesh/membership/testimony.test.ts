import { expect, it } from 'vitest';
import { createTestimonyBook } from './testimony.ts';

const at = (boot: number, sequence: number, event = 0) => ({ boot, sequence, event });

it('replaces a report by a later one, edge by edge', () => {
  const book = createTestimonyBook();
  book.report(
    'a',
    at(1, 1),
    new Map([
      ['b', 'good'],
      ['c', 'good'],
    ]),
  );

  expect(book.report('a', at(1, 2), new Map([['b', 'lost']]))).toEqual(['c', 'b']);
  expect([...book.statedBy('a')]).toEqual([['b', 'lost']]);
  expect(book.about('c')).toEqual([]);
  expect(book.isDoubted('b')).toBe(true);
});

it('ignores what is older than what it knows', () => {
  const book = createTestimonyBook();
  book.report('a', at(2, 5), new Map([['b', 'good']]));

  expect(book.report('a', at(2, 4), new Map([['b', 'lost']]))).toEqual([]);
  expect(book.report('a', at(1, 99), new Map([['b', 'lost']]))).toEqual([]);
  expect(book.change('a', at(1, 99, 7), 'b', 'lost')).toEqual([]);
  expect(book.about('b')).toEqual([{ author: 'a', state: 'good' }]);
});

it('keeps an event over the report it followed, also when that report comes later', () => {
  const book = createTestimonyBook();
  expect(book.change('a', at(1, 3, 1), 'b', 'lost')).toEqual(['b']);

  book.report(
    'a',
    at(1, 3),
    new Map([
      ['b', 'good'],
      ['c', 'good'],
    ]),
  );
  expect(book.about('b')).toEqual([{ author: 'a', state: 'lost' }]);
  expect(book.about('c')).toEqual([{ author: 'a', state: 'good' }]);

  book.report('a', at(1, 4), new Map([['b', 'good']]));
  expect(book.about('b')).toEqual([{ author: 'a', state: 'good' }]);
});

it('withdraws an edge by an event, and does not bring it back by an older one', () => {
  const book = createTestimonyBook();
  book.change('a', at(1, 1, 2), 'b', undefined);

  expect(book.change('a', at(1, 1, 1), 'b', 'lost')).toEqual([]);
  expect(book.about('b')).toEqual([]);
});

it('names the subjects whose edge changed', () => {
  const book = createTestimonyBook();
  const good = new Map([
    ['b', 'good'],
    ['c', 'good'],
  ] as const);

  expect(book.report('a', at(1, 1), good)).toEqual(['b', 'c']);
  expect(book.report('a', at(1, 2), good)).toEqual([]);
  expect(book.change('a', at(1, 2, 1), 'c', 'lost')).toEqual(['c']);
  expect(book.change('a', at(1, 2, 2), 'c', 'lost')).toEqual([]);
});

it('forgets an author with all its doubts', () => {
  const book = createTestimonyBook();
  book.report(
    'a',
    at(1, 1),
    new Map([
      ['b', 'lost'],
      ['c', 'good'],
    ]),
  );
  book.forget('a');

  expect(book.isDoubted('b')).toBe(false);
  expect(book.about('c')).toEqual([]);
  expect(book.statedBy('a').size).toBe(0);
});

it('withdraws what an author said, also when it comes again, and takes what it says later', () => {
  const book = createTestimonyBook();
  const said = new Map([
    ['b', 'lost'],
    ['c', 'good'],
  ] as const);
  book.report('a', at(1, 1), said);
  book.change('a', at(1, 1, 1), 'd', 'good');
  book.withdraw('a');

  expect(book.statedBy('a').size).toBe(0);
  expect(book.isDoubted('b')).toBe(false);
  expect(book.report('a', at(1, 1), said)).toEqual([]);
  expect(book.change('a', at(1, 1, 1), 'd', 'good')).toEqual([]);
  expect(book.report('a', at(1, 2), new Map([['c', 'good']]))).toEqual(['c']);
  expect([...book.statedBy('a')]).toEqual([['c', 'good']]);
});
