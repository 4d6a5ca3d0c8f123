import { describe, expect, it } from 'vitest';
import type { KeptEnvelope } from '../model/mesh-memory.ts';
import { createEnvelopeQueue } from './envelope-queue.ts';

const envelope = (key: string, size = 100, madeAt = 1): KeptEnvelope => ({ key, bytes: new Uint8Array(size), madeAt });
const keys = (envelopes: readonly KeptEnvelope[]): string[] => envelopes.map(({ key }) => key);

describe('envelopes that wait', () => {
  it('are the newest of each key, states before events', () => {
    const queue = createEnvelopeQueue();
    queue.add([envelope('a/event/e/1'), envelope('a/report', 1), envelope('b/report')]);
    queue.add([envelope('a/report', 2)]);
    const taken = queue.take();
    expect(keys(taken)).toEqual(['b/report', 'a/report', 'a/event/e/1']);
    expect(taken[1]?.bytes).toHaveLength(2);
    expect(queue.isEmpty()).toBe(true);
    expect(queue.take()).toEqual([]);
  });

  it('go in batches of a bounded size', () => {
    const queue = createEnvelopeQueue();
    queue.add(Array.from({ length: 100 }, (_, index) => envelope(`${index}/report`, 16 * 1024)));
    expect(queue.isLong()).toBe(true);
    expect([queue.take().length, queue.take().length, queue.take().length, queue.take().length]).toEqual([
      32, 32, 32, 4,
    ]);
    expect(queue.isLong()).toBe(false);
  });

  it('are bounded: the oldest events go first, then what waits longest', () => {
    const queue = createEnvelopeQueue();
    const mebibyte = 1024 * 1024;
    queue.add([envelope('a/report', mebibyte), envelope('a/event/e/1', mebibyte), envelope('a/event/e/2', mebibyte)]);
    queue.add([envelope('b/report', mebibyte), envelope('c/report', mebibyte)]);
    const rest = ['d/report', 'e/report'].map((key) => envelope(key, mebibyte));
    const all = (): string[] => Array.from({ length: 10 }, () => keys(queue.take())).flat();
    expect(all()).toEqual(['a/report', 'b/report', 'c/report', 'a/event/e/2']);
    queue.add([...['a', 'b', 'c'].map((author) => envelope(`${author}/report`, mebibyte)), ...rest]);
    expect(all()).toEqual(['b/report', 'c/report', 'd/report', 'e/report']);
  });

  it('have a time', () => {
    const queue = createEnvelopeQueue();
    queue.add([envelope('a/report', 1, Number.NaN)]);
    expect(queue.isEmpty()).toBe(true);
  });
});
