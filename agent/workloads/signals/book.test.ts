import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type Board, MAX_NOTE_BYTES, type Note, type Telling } from '../../model/board.ts';
import type { SignalWord } from '../../model/signal.ts';
import { createSignalBook } from './book.ts';
import { MOST_SIGNALS } from './note.ts';

const MINUTE = 60_000;
const word = (change: Partial<SignalWord> = {}): SignalWord => ({
  namespace: 'prod',
  workload: 'worker',
  container: '',
  name: 'QueueStalled',
  series: '',
  source: 'grafana',
  state: 'firing',
  message: 'no line',
  ttlMs: 15 * MINUTE,
  ...change,
});

/** Agents that hear each other's notes at once, as long as `connected` says so. */
function agents(...names: readonly string[]) {
  const clock = createFakeClock();
  const notes = new Map<string, { readonly items: readonly unknown[]; readonly madeMs: number }>();
  const told: string[] = [];
  const world = { telling: 'told' as Telling, cut: false };
  const boardOf = (self: string): Board => ({
    tell(_topic, items) {
      if (world.telling === 'told')
        notes.set(self, { items: JSON.parse(JSON.stringify(items)), madeMs: clock.monotonic() });
      told.push(`${self} ${world.telling}`);
      return world.telling;
    },
    notes: () =>
      [...notes].flatMap(([node, { items, madeMs }]): Note[] =>
        world.cut && node !== self
          ? []
          : [{ node, isOwn: node === self, isCurrent: true, ageMs: clock.monotonic() - madeMs, items }],
      ),
  });
  const start = (self: string) => createSignalBook({ self, clock, board: boardOf(self) });
  const books = new Map(names.map((name) => [name, start(name)]));
  const at = (name: string) => {
    const book = books.get(name);
    if (book === undefined) throw new Error(name);
    return book;
  };
  const seen = (name: string): string[] =>
    at(name)
      .signals()
      .map((one) => `${one.namespace}/${one.workload} ${one.name} ${one.state} by ${one.by}`);
  return { clock, notes, told, world, at, seen, restart: (name: string) => books.set(name, start(name)) };
}

describe('a signal', () => {
  it('told to one agent is known to all, and over when any of them is told so', async () => {
    const { at, seen, clock } = agents('a', 'b', 'c');
    at('a').take([word()]);
    expect(['a', 'b', 'c'].map(seen)).toEqual(
      Array.from({ length: 3 }, () => ['prod/worker QueueStalled firing by a']),
    );
    await clock.advance(MINUTE);
    at('c').take([word({ state: 'ok' })]);
    expect(['a', 'b', 'c'].map(seen)).toEqual([[], [], []]);
    await clock.advance(MINUTE);
    at('b').take([word()]);
    expect(seen('a')).toEqual(['prod/worker QueueStalled firing by b']);
  });

  it('stays over until what said otherwise has run out, also when that held for longer', async () => {
    const { at, seen, clock } = agents('a', 'b');
    at('a').take([word({ ttlMs: 600 * MINUTE })]);
    await clock.advance(MINUTE);
    at('b').take([word({ state: 'ok', ttlMs: MINUTE })]);
    for (let passed = 0; passed < 700; passed += 10) {
      await clock.advance(10 * MINUTE);
      at('a').review();
      at('b').review();
      expect(seen('a')).toEqual([]);
    }
  });

  it('that is not said again is unknown, not over, and in the end forgotten', async () => {
    const { at, seen, clock } = agents('a', 'b');
    at('a').take([word()]);
    await clock.advance(15 * MINUTE - 1000);
    expect(seen('b')).toEqual(['prod/worker QueueStalled firing by a']);
    await clock.advance(2000);
    expect(seen('b')).toEqual(['prod/worker QueueStalled unknown by a']);
    await clock.advance(61 * MINUTE);
    expect(seen('b')).toEqual([]);
  });

  it('goes on while it is said again, to whomever, and began when it began', async () => {
    const { at, clock } = agents('a', 'b');
    const began = clock.now();
    at('a').take([word()]);
    for (const name of ['b', 'a', 'b', 'a', 'b']) {
      await clock.advance(10 * MINUTE);
      at(name).take([word()]);
    }
    expect(at('a').signals()).toMatchObject([{ state: 'firing', since: began, firstBy: 'a', by: 'b' }]);
    // Whoever repeats it too seldom does not make it a new one.
    await clock.advance(30 * MINUTE);
    at('a').take([word()]);
    expect(at('b').signals()).toMatchObject([{ state: 'firing', since: began }]);
    await clock.advance(MINUTE);
    at('a').take([word({ state: 'ok' })]);
    await clock.advance(MINUTE);
    at('b').take([word()]);
    expect(at('b').signals()).toMatchObject([{ state: 'firing', since: clock.now(), firstBy: 'b' }]);
  });

  it('is known to an agent that was restarted, and may be cleared there', async () => {
    const { at, seen, restart, clock } = agents('a', 'b');
    at('a').take([word(), word({ name: 'Other' })]);
    await clock.advance(MINUTE);
    restart('a');
    expect(seen('a')).toHaveLength(2);
    at('a').take([word({ state: 'ok' })]);
    expect([seen('a'), seen('b')]).toEqual(Array.from({ length: 2 }, () => ['prod/worker Other firing by a']));
  });

  it('is over also where the agent that is told so never heard of it, once the cut is over', async () => {
    const { at, seen, world, clock } = agents('a', 'b');
    at('a').take([word()]);
    world.cut = true;
    await clock.advance(MINUTE);
    expect(at('b').take([word({ state: 'ok' })])).toEqual([]);
    expect([seen('a').length, seen('b')]).toEqual([1, []]);
    world.cut = false;
    expect([seen('a'), seen('b')]).toEqual([[], []]);
  });

  it('is told as soon as that may be', async () => {
    const { at, seen, told, world, clock } = agents('a', 'b');
    world.telling = 'not-yet';
    at('a').take([word()]);
    expect([seen('a').length, seen('b').length]).toEqual([1, 0]);
    world.telling = 'told';
    await clock.advance(1000);
    at('a').review();
    at('a').review();
    expect([seen('b').length, told]).toEqual([1, ['a not-yet', 'a told']]);
  });

  it('heard on one side of a cut is known on the other after it', () => {
    const { at, seen, world } = agents('a', 'b');
    world.cut = true;
    at('a').take([word()]);
    expect(seen('b')).toEqual([]);
    world.cut = false;
    expect(seen('b')).toHaveLength(1);
  });
});

describe('alerts of several series of one name', () => {
  const [ONE, TWO] = ['aaaaaaaaaa', 'bbbbbbbbbb'] as const;

  it('are one signal, which is over when the last of them is', async () => {
    const { at, seen, clock } = agents('a', 'b');
    const began = clock.now();
    at('a').take([word({ series: ONE, message: 'worker-0' })]);
    await clock.advance(MINUTE);
    at('b').take([word({ series: TWO, message: 'worker-1' })]);
    expect(at('a').signals()).toMatchObject([{ since: began, firstBy: 'a', by: 'b', message: 'worker-1' }]);
    at('b').take([word({ series: ONE, state: 'ok' })]);
    expect(at('a').signals()).toMatchObject([{ since: began + MINUTE, state: 'firing', message: 'worker-1' }]);
    at('a').take([word({ series: TWO, state: 'ok' })]);
    expect([seen('a'), seen('b')]).toEqual([[], []]);
  });

  it('fire as long as one of them is said again', async () => {
    const { at, clock } = agents('a');
    at('a').take([word({ series: ONE }), word({ series: TWO })]);
    await clock.advance(14 * MINUTE);
    at('a').take([word({ series: TWO })]);
    await clock.advance(2 * MINUTE);
    expect(at('a').signals()).toMatchObject([{ state: 'firing' }]);
    at('a').take([word({ series: TWO, state: 'ok' })]);
    expect(at('a').signals()).toMatchObject([{ state: 'unknown' }]);
  });

  it('are over when it is said without saying which', async () => {
    const { at, seen, clock } = agents('a', 'b');
    at('a').take([word({ series: ONE }), word({ series: TWO }), word({ name: 'Other', series: ONE })]);
    await clock.advance(MINUTE);
    at('b').take([word({ state: 'ok' })]);
    expect(seen('a')).toEqual(['prod/worker Other firing by a']);
  });

  it('take no more than sixteen places: more of them say the same', () => {
    const { at, seen, notes } = agents('a');
    const many = Array.from({ length: 200 }, (_, index) => word({ series: String(index).padStart(10, '0') }));
    expect(at('a').take(many)).toEqual([]);
    expect(notes.get('a')?.items).toHaveLength(16);
    expect(at('a').take(many.map((one) => ({ ...one, state: 'ok' })))).toEqual([]);
    expect(seen('a')).toEqual([]);
  });
});

describe('an agent', () => {
  it('holds 64 of them, and says of the next that it does not', () => {
    const { at, seen } = agents('a', 'b');
    const many = Array.from({ length: MOST_SIGNALS + 2 }, (_, index) => word({ name: `alert-${index}` }));
    const refused = at('a').take(many);
    expect(refused.map(({ what }) => what)).toEqual(['alert-64', 'alert-65']);
    expect(seen('b')).toHaveLength(MOST_SIGNALS);
    // What is over makes way.
    at('a').take([word({ name: 'alert-0', state: 'ok' })]);
    expect(at('a').take([word({ name: 'alert-64' })])).toEqual([]);
    expect(at('b').take(many.slice(-1))).toEqual([]);
    expect(seen('a')).toHaveLength(MOST_SIGNALS + 1);
  });

  it('keeps what is over while another’s word that it is not still holds, and refuses what there is no room for', async () => {
    const { at, seen, clock } = agents('a', 'b', 'c');
    const many = Array.from({ length: 100 }, (_, index) => word({ name: `alert-${index}` }));
    at('a').take(many.slice(0, 50));
    at('b').take(many.slice(50));
    await clock.advance(MINUTE);
    const over = many.map((one) => ({ ...one, state: 'ok' as const }));
    const refused = at('c').take(over);
    expect(refused.map(({ what }) => what)).toEqual(many.slice(MOST_SIGNALS).map(({ name }) => name));
    expect(seen('a')).toHaveLength(100 - MOST_SIGNALS);
    // Another has room, and so has this one when nobody says otherwise any more.
    expect(at('b').take(over.slice(MOST_SIGNALS))).toEqual([]);
    expect(['a', 'b', 'c'].map(seen)).toEqual([[], [], []]);
    await clock.advance(15 * MINUTE);
    expect(at('c').take(many)).toHaveLength(100 - MOST_SIGNALS);
    expect(seen('a')).toHaveLength(MOST_SIGNALS);
  });

  it('that is full of what fires says that it does not take that another’s is over', () => {
    const { at, seen } = agents('a', 'b');
    at('a').take(Array.from({ length: MOST_SIGNALS }, (_, index) => word({ name: `alert-${index}` })));
    at('b').take([word({ name: 'other' })]);
    expect(at('a').take([word({ name: 'other', state: 'ok' })])).toMatchObject([{ what: 'other' }]);
    expect(seen('a')).toHaveLength(MOST_SIGNALS + 1);
    expect(at('b').take([word({ name: 'other', state: 'ok' })])).toEqual([]);
    expect(seen('a')).toHaveLength(MOST_SIGNALS);
  });

  it('lets what has run out make way before what is over, and that before nothing', async () => {
    const { at, seen, clock } = agents('a');
    at('a').take([word({ name: 'old', ttlMs: MINUTE })]);
    await clock.advance(2 * MINUTE);
    at('a').take([word({ name: 'fine', state: 'ok' })]);
    const many = Array.from({ length: MOST_SIGNALS }, (_, index) => word({ name: `alert-${index}` }));
    expect(at('a').take(many.slice(1))).toEqual([]);
    expect(seen('a')).not.toContain('prod/worker old unknown by a');
    expect(at('a').take(many)).toEqual([]);
    expect(at('a').take([word({ name: 'more' })])).toHaveLength(1);
    expect(seen('a')).toHaveLength(MOST_SIGNALS);
  });

  it.each(['ä', '漢', '"\\', 'x'])(
    'never says more than a note may hold, however long the texts of %s are',
    (letter) => {
      const { at, seen, notes } = agents('a', 'b');
      const long = (length: number): string => letter.repeat(length).slice(0, length);
      const many = Array.from({ length: MOST_SIGNALS }, (_, index) =>
        word({
          namespace: 'n'.repeat(63),
          workload: `w${String(index).padStart(2, '0')}`,
          name: long(80),
          message: long(160),
        }),
      );
      const refused = at('a').take(many);
      expect(Buffer.byteLength(JSON.stringify(notes.get('a')?.items))).toBeLessThanOrEqual(MAX_NOTE_BYTES);
      expect(seen('b').length + refused.length).toBe(MOST_SIGNALS);
      expect(seen('b').length).toBeGreaterThan(20);
    },
  );

  it('reads what others wrote as text from elsewhere', () => {
    const { at, notes, clock } = agents('a');
    const good = ['prod', 'worker', '', 'Slow\n\u202e', 'm', 1, 1, 5000, 1000, 900_000, 'b'];
    const bad = [
      null,
      5,
      [],
      ['prod'],
      good.with(0, 'UP'),
      good.with(5, 2),
      good.with(7, -1),
      good.with(9, 1e300),
      good.with(10, '<b>'),
    ];
    notes.set('b', { items: [...bad, good, ...Array.from({ length: 100 }, () => good)], madeMs: clock.monotonic() });
    expect(
      at('a')
        .signals()
        .map(({ name, since }) => [name, clock.now() - since]),
    ).toEqual([['Slow', 5000]]);
    // No more than a day is believed.
    notes.set('b', { items: [good.with(9, 1e12)], madeMs: clock.monotonic() });
    const [one] = at('a').signals();
    expect((one?.until ?? 0) - (one?.saidAt ?? 0)).toBe(86_400_000);
  });
});
