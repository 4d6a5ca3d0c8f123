import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../model/timeline.ts';
import { type EventMemory, type LoggedEvent, createEventMemory, toStored } from './event-memory.ts';

const START = 1_000_000;
const NONE = { events: [], all: true };

const logged = (ordinal: number, at: number, check?: string): LoggedEvent => ({
  event:
    check === undefined
      ? { kind: 'agent-notice', at, node: 'n', message: `${ordinal}` }
      : { kind: 'changed', at, node: 'n', check, from: 'ok', to: 'unknown', message: `${ordinal}` },
  ordinal,
  addedAt: 0,
  announced: false,
});

const stored = (sequence: number, at: number): StoredEvent => ({
  kind: 'agent-notice',
  at,
  node: 'n',
  message: 'of an earlier run',
  sequence,
});

const ask = (memory: EventMemory, from: number, more: object = {}): { whole: boolean; sequences: number[] } => {
  const { whole, events } = memory.find({ from, to: START * 10, limit: 1000, ...more });
  return { whole, sequences: events.map((event) => toStored(event).sequence) };
};

describe('an answer is whole', () => {
  it('for the time of this run, and for no earlier one, before the database was read', () => {
    const memory = createEventMemory(START);
    memory.add([logged(1, START + 1), logged(2, START + 2)]);
    expect(ask(memory, START)).toEqual({ whole: true, sequences: [-2, -1] });
    expect(ask(memory, START - 1)).toEqual({ whole: false, sequences: [-2, -1] });
  });

  it('for all time when the database had no more than was read', () => {
    const memory = createEventMemory(START);
    memory.add([logged(1, START + 1)]);
    memory.load({ events: [stored(1, 10), stored(2, 20)], all: true }, NONE);
    expect(ask(memory, 0)).toEqual({ whole: true, sequences: [-1, 2, 1] });
  });

  it('from after the oldest that was read when the database has more', () => {
    const memory = createEventMemory(START);
    memory.load({ events: [stored(7, 100), stored(8, 200)], all: false }, NONE);
    expect(ask(memory, 101)).toEqual({ whole: true, sequences: [8] });
    expect(ask(memory, 100).whole).toBe(false);
  });

  it('when it asks for fewer than are here', () => {
    const memory = createEventMemory(START);
    memory.add([1, 2, 3].map((count) => logged(count, START + count)));
    expect(ask(memory, 0, { limit: 3 })).toEqual({ whole: true, sequences: [-3, -2, -1] });
    expect(ask(memory, 0, { limit: 4 }).whole).toBe(false);
  });

  it('only from where it is full', () => {
    const memory = createEventMemory(START);
    memory.add(Array.from({ length: 600 }, (_, index) => logged(index + 1, START + index)));
    expect(ask(memory, START).whole).toBe(false);
    expect(ask(memory, START + 100)).toMatchObject({ whole: true });
    expect(ask(memory, START + 100).sequences).toHaveLength(500);
  });
});

it('filters by time, node and check', () => {
  const memory = createEventMemory(START);
  memory.add([logged(1, START, 'a'), logged(2, START + 1, 'b'), logged(3, START + 2)]);
  expect(ask(memory, START, { check: 'a' }).sequences).toEqual([-1]);
  expect(ask(memory, START, { node: 'm' }).sequences).toEqual([]);
  expect(ask(memory, START, { to: START + 1 }).sequences).toEqual([-1]);
});

it('shows the sequence as soon as there is one', () => {
  const memory = createEventMemory(START);
  const event = logged(1, START);
  memory.add([event]);
  event.sequence = 12;
  expect(ask(memory, START).sequences).toEqual([12]);
});

describe("peers' events", () => {
  const ofPeer = (ordinal: number, at: number): LoggedEvent => ({ ...logged(ordinal, at), origin: `p/e/${ordinal}` });

  it('are merged by time', () => {
    const memory = createEventMemory(START);
    memory.add([logged(1, START + 1), ofPeer(2, START), logged(3, START + 3), ofPeer(4, START + 2)]);
    expect(ask(memory, START)).toEqual({ whole: true, sequences: [-3, -4, -1, -2] });
  });

  it('push no own event out, and nothing newer when they are old', () => {
    const memory = createEventMemory(START);
    memory.load(NONE, NONE);
    memory.add([logged(1, START)]);
    memory.add(Array.from({ length: 700 }, (_, index) => ofPeer(index + 2, START - index)));
    expect(ask(memory, START - 499)).toMatchObject({ whole: true });
    expect(ask(memory, START - 499).sequences).toHaveLength(501);
    expect(ask(memory, START - 500).whole).toBe(false);
  });

  it('that came before the database was read are not there twice', () => {
    const memory = createEventMemory(START);
    memory.add([ofPeer(1, START)]);
    memory.load(NONE, { events: [{ ...stored(7, START), origin: 'p/e/1' }], all: true });
    expect(ask(memory, 0)).toEqual({ whole: true, sequences: [-1] });
  });
});
