import { describe, expect, it } from 'vitest';
import { NOON } from '../../../test/lib/fixtures.ts';
import { type Source, createLedger } from './ledger.ts';
import { anEvent } from '../../../test/lib/cluster-events.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const list = { source: 'list', now: NOON } as const;
const watch = { source: 'watch', now: NOON } as const;

/** How often it is said to have happened. */
const sum = (sightings: readonly { readonly added: number }[]): number =>
  sightings.reduce((total, { added }) => total + added, 0);

describe('an Event that is known', () => {
  it.each([
    { from: 1, to: 393, added: 392 },
    { from: 392, to: 393, added: 1 },
    { from: 393, to: 393, added: 0 },
    { from: 393, to: 12, added: 0 },
  ])('adds $added where its number goes from $from to $to', ({ from, to, added }) => {
    const ledger = createLedger();
    ledger.take([anEvent(NOON, { count: from })], watch);
    expect(sum(ledger.take([anEvent(NOON, { count: to })], watch))).toBe(added);
    expect(sum(ledger.take([anEvent(NOON, { count: to })], list))).toBe(0);
  });

  it('counts what it missed since the highest number that it saw', () => {
    const ledger = createLedger();
    const numbers = [5, 3, 9, 9, 4, 12];
    expect(numbers.map((count) => sum(ledger.take([anEvent(NOON, { count })], watch)))).toEqual([1, 0, 4, 0, 0, 3]);
  });
});

describe('several times at once', () => {
  const sinceAgo = (sightings: ReturnType<ReturnType<typeof createLedger>['take']>) =>
    sightings.map(({ sinceAt }) => sinceAt && NOON - sinceAt);

  it('happened since the first, or since the last that was known', () => {
    const ledger = createLedger();
    const at = (ago: number, count: number) => [anEvent(NOON - ago, { firstAt: NOON - HOUR / 2, count })];
    expect(sinceAgo(ledger.take(at(20 * MINUTE, 3), list))).toEqual([HOUR / 2]);
    expect(sinceAgo(ledger.take(at(15 * MINUTE, 4), list))).toEqual([undefined]);
    expect(sinceAgo(ledger.take(at(0, 9), list))).toEqual([15 * MINUTE]);
  });

  it('happened since whoever read it looked last, as far as that is what is copied', () => {
    const event = anEvent(NOON, { firstAt: NOON - 9 * HOUR, count: 393 });
    const copied = [{ event, added: 7, counted: 90, sinceAt: NOON - MINUTE }];
    const options = { source: 'copy', now: NOON } as const;
    expect(sinceAgo(createLedger().take(copied, options))).toEqual([MINUTE]);
    const ledger = createLedger();
    ledger.take([anEvent(NOON - HOUR, { count: 300 })], list);
    expect(sinceAgo(ledger.take(copied, options))).toEqual([HOUR]);
  });
});

describe('an Event that is seen first', () => {
  const seenFirst = (source: Source, firstAgo: number, ago: number, count: number, allSince?: number): number =>
    sum(
      createLedger().take([anEvent(NOON - ago, { firstAt: NOON - firstAgo, count })], { source, now: NOON, allSince }),
    );

  it('counts in full where all of it happened within the hour', () => {
    expect(seenFirst('list', 30 * MINUTE, MINUTE, 20)).toBe(20);
  });

  it('counts once where it goes on with the number of one that the API has forgotten', () => {
    expect(seenFirst('list', 25 * 24 * HOUR, MINUTE, 393)).toBe(1);
    expect(seenFirst('watch', 25 * 24 * HOUR, MINUTE, 393)).toBe(1);
  });

  it('does not count where it is old', () => {
    expect(seenFirst('list', 26 * HOUR, 2 * HOUR, 393)).toBe(0);
  });

  it('counts once where all that the API had was known later than it began', () => {
    expect(seenFirst('list', 30 * MINUTE, 0, 50, NOON - 10 * MINUTE)).toBe(1);
    expect(seenFirst('list', 5 * MINUTE, 0, 50, NOON - 10 * MINUTE)).toBe(50);
  });

  it('counts once where it is written with more: it was deleted, and its writer goes on with its number', () => {
    const ledger = createLedger();
    const times = (uid: string, count: number) => [anEvent(NOON, { uid, firstAt: NOON - HOUR / 2, count })];
    expect(sum(ledger.take(times('uid-1', 10), list))).toBe(10);
    expect(sum(ledger.take(times('uid-2', 11), watch))).toBe(1);
    expect(sum(ledger.take(times('uid-2', 12), watch))).toBe(1);
  });

  it('counts where it was written just now, however late the clock of its writer is', () => {
    expect(seenFirst('watch', 3 * HOUR, 3 * HOUR, 1)).toBe(1);
  });

  it('happened now where the clock of its writer is ahead', () => {
    const [sighting] = createLedger().take([anEvent(NOON + HOUR)], list);
    expect(sighting?.event.at).toBe(NOON);
  });
});

describe('what another agent has read', () => {
  it('counts as it counted there where it is not known here', () => {
    const ledger = createLedger();
    const event = anEvent(NOON, { firstAt: NOON - 9 * HOUR, count: 393 });
    expect(sum(ledger.take([{ event, added: 7, counted: 90 }], { source: 'copy', now: NOON }))).toBe(7);
    expect(sum(ledger.take([event], list))).toBe(0);
  });

  it('counts as it was counted in all where it began within the hour: what was before may have been missed', () => {
    const event = anEvent(NOON, { firstAt: NOON - HOUR / 2, count: 21 });
    const of = (counted: number) => [{ event, added: 1, counted }];
    expect(sum(createLedger().take(of(21), { source: 'copy', now: NOON }))).toBe(21);
    // It went on with the number of another Event, of which 20 were counted.
    expect(sum(createLedger().take(of(1), { source: 'copy', now: NOON }))).toBe(1);
  });

  it('counts what is not known of it', () => {
    const ledger = createLedger();
    ledger.take([anEvent(NOON, { count: 390 })], watch);
    const copied = [1, 2].map(() => ({ event: anEvent(NOON, { count: 393 }), added: 393, counted: 393 }));
    expect(sum(ledger.take(copied, { source: 'copy', now: NOON }))).toBe(3);
  });
});

describe('what another agent has told falsely', () => {
  const lie = { event: anEvent(NOON - MINUTE, { count: 2 ** 31 }), added: 2 ** 31, counted: 2 ** 31 };
  const told = () => {
    const ledger = createLedger();
    ledger.take([anEvent(NOON - 2 * MINUTE, { count: 7 })], list);
    ledger.take([lie], { source: 'copy', now: NOON - MINUTE });
    return ledger;
  };

  it.each(['watch', 'list'] as const)('holds until the API tells (%s) that it happened again', (source) => {
    const ledger = told();
    // As it was before.
    expect(sum(ledger.take([anEvent(NOON - 2 * MINUTE, { count: 7 })], list))).toBe(0);
    const [sighting] = ledger.take([anEvent(NOON, { count: 8 })], { source, now: NOON });
    expect(sighting).toMatchObject({ added: 1, counted: 8 });
    expect(sum(ledger.take([anEvent(NOON + 1, { count: 10 })], { source, now: NOON + 1 }))).toBe(2);
    expect(sum(ledger.take([anEvent(NOON + 2, { count: 9 })], { source, now: NOON + 2 }))).toBe(0);
  });

  it('is not mended by what yet another one tells, nor after it was kept over a restart', () => {
    const copied = { event: anEvent(NOON, { count: 8 }), added: 1, counted: 8 };
    expect(sum(told().take([copied], { source: 'copy', now: NOON }))).toBe(0);
    const ledger = createLedger();
    ledger.recall([{ uid: 'uid-1', count: 2 ** 31, counted: 2 ** 31, at: NOON - MINUTE }], -Infinity);
    expect(sum(ledger.take([anEvent(NOON, { count: 8 })], watch))).toBe(1);
  });
});

describe('what an earlier run counted', () => {
  it('adds nothing when all is listed anew', () => {
    const ledger = createLedger();
    ledger.recall([{ uid: 'uid-1', count: 20, counted: 20, at: NOON }], -Infinity);
    expect(sum(ledger.take([anEvent(NOON, { count: 20 }), anEvent(NOON, { uid: 'uid-2' })], list))).toBe(1);
  });

  it('adds nothing where it had no room for all', () => {
    const ledger = createLedger();
    ledger.recall([], NOON - MINUTE);
    expect(sum(ledger.take([anEvent(NOON - MINUTE, { count: 20 })], list))).toBe(0);
    expect(sum(ledger.take([anEvent(NOON, { uid: 'uid-2', firstAt: NOON - HOUR / 2, count: 20 })], list))).toBe(1);
  });
});

describe('without end', () => {
  it('knows so many, and what it has forgotten does not count anew', () => {
    const ledger = createLedger(100);
    expect(ledger.uncountedUntil()).toBeUndefined();
    const events = Array.from({ length: 500 }, (_, index) => anEvent(NOON - HOUR / 2 + index, { uid: `uid-${index}` }));
    expect(sum(ledger.take(events, list))).toBe(500);
    expect(ledger.size()).toBe(100);
    expect(sum(ledger.take(events, list))).toBe(0);
    expect(
      sum(
        ledger.take(
          events.map((event) => ({ event, added: 1, counted: 1 })),
          { source: 'copy', now: NOON },
        ),
      ),
    ).toBe(0);
    // It happens once more: of its second time nothing was counted.
    const [first] = events;
    if (first === undefined) throw new Error('none');
    expect(sum(ledger.take([{ ...first, at: NOON, count: 2 }], watch))).toBe(1);
  });

  it('says until when some may not be counted, where a list has more than it knows', () => {
    const ledger = createLedger(100);
    // A list comes in the order of names, and not of time.
    const page = (from: number, ago: number) =>
      Array.from({ length: 100 }, (_, index) => anEvent(NOON - ago, { uid: `uid-${from + index}` }));
    ledger.take(page(0, MINUTE), list);
    expect(ledger.uncountedUntil()).toBeUndefined();
    ledger.take(page(100, 0), list);
    expect(sum(ledger.take(page(200, 2 * MINUTE), list))).toBe(0);
    expect(ledger.uncountedUntil()).toBe(NOON - 2 * MINUTE);
  });

  it('forgets what has not happened for a day', () => {
    const ledger = createLedger();
    ledger.take([anEvent(NOON)], watch);
    ledger.take([], { source: 'watch', now: NOON + 25 * HOUR });
    expect(ledger.size()).toBe(0);
  });
});
