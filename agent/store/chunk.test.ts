import { describe, expect, it } from 'vitest';
import { CHUNK_SIZE, decodeChunk, encodePoints, encodeSamples, roundReading } from './chunk.ts';
import { fromSamples } from './points.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const every = (stepMs: number, count = CHUNK_SIZE): number[] =>
  Array.from({ length: count }, (_, index) => NOON + index * stepMs);

/** Numerical Recipes' linear congruential generator: the same "random" figures in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const COLUMNS: Readonly<Record<string, readonly number[]>> = {
  none: [],
  one: [0.25],
  zeros: [0, 0, 0],
  'both zeros': [0, -0, 0, -0],
  'not a number': [1, Number.NaN, 1],
  infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0],
  'only infinity': [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  'smallest and largest': [Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON],
  'beyond safe integers': [2 ** 53, 2 ** 53 + 2, -(2 ** 60), 2 ** 51, 2 ** 51 - 1, -(2 ** 51)],
  'short decimals': [0.1, 0.2, 0.3, 12.5, -7.125, 1e-7],
  'fifteen places': [1e-15, 2e-15, 0.1],
  'mixed magnitudes': [1e-9, 1e9, 1.5, 123_456_789.123],
  'bytes of pages': [512 * 1024 ** 3, 512 * 1024 ** 3 - 4096, 511 * 1024 ** 3],
  'noise of a timer': [0.003421566999999868, 0.0031000000000061, 0.01842],
  'a counter': [10, 12, 14, 16, 19],
  'negative decimals': [-0.001, -0.002, -100.5],
};

const TIMES: Readonly<Record<string, readonly number[]>> = {
  regular: [NOON, NOON + 15_000, NOON + 30_000, NOON + 45_000],
  jitter: [NOON, NOON + 15_003, NOON + 29_998, NOON + 45_001],
  'clock set back': [NOON, NOON + 15_000, NOON - 86_400_000, NOON - 86_385_000],
  'the epoch and before': [0, -1, -1_000_000, 5],
  'the ends of Date': [-8.64e15, 8.64e15, 0, 8.64e15],
  'all the same': [NOON, NOON, NOON, NOON],
  fractions: [NOON + 0.5, NOON + 1.25, NOON + 2, NOON],
  'beyond safe integers': [2 ** 60, 2 ** 62, -(2 ** 61), 1],
};

function expectRoundTrip(times: readonly number[], values: readonly number[]): number {
  const bytes = encodeSamples(times, values);
  const { times: readTimes, averages, minima, maxima, counts } = decodeChunk(bytes);
  expect(readTimes).toEqual(times);
  expect(averages.length).toBe(values.length);
  for (const column of [averages, minima, maxima]) {
    for (const [index, value] of values.entries()) expect(Object.is(column[index], value)).toBe(true);
  }
  expect(counts.every((count) => count === 1)).toBe(true);
  return bytes.length;
}

describe('samples come back bit by bit', () => {
  it.each(Object.keys(COLUMNS))('values: %s', (name) => {
    const values = COLUMNS[name] ?? [];
    expectRoundTrip(every(15_000, values.length), values);
  });

  it.each(Object.keys(TIMES))('times: %s', (name) => {
    expectRoundTrip(TIMES[name] ?? [], [1, 2.5, Number.NaN, -3]);
  });

  it('any double at any time, 200 chunks of them', () => {
    const random = randomNumbers(7);
    const bits = new DataView(new ArrayBuffer(8));
    const anyDouble = (): number => {
      bits.setUint32(0, Math.floor(random() * 2 ** 32));
      bits.setUint32(4, Math.floor(random() * 2 ** 32));
      const value = bits.getFloat64(0);
      return Number.isNaN(value) ? Number.NaN : value;
    };
    for (let round = 0; round < 200; round += 1) {
      const count = Math.floor(random() * CHUNK_SIZE);
      const times = Array.from({ length: count }, () => Math.floor((random() - 0.5) * 2 ** 54));
      const kinds = [anyDouble, () => random() * 1e6, () => Math.floor(random() * 1000), () => roundReading(random())];
      const kind = kinds[round % kinds.length] ?? anyDouble;
      expectRoundTrip(times, Array.from({ length: count }, kind));
    }
  });
});

describe('size', () => {
  const random = randomNumbers(3);
  const jittered = every(15_000).map((at) => at + Math.floor(random() * 8));
  const bytesFor = (values: readonly number[]): number => expectRoundTrip(jittered, values) / CHUNK_SIZE;

  it('costs little more than the time for what does not change', () => {
    expect(bytesFor(every(0).map(() => 0.97))).toBeLessThan(1.2);
  });

  it('costs at most three bytes for free bytes of a file system', () => {
    let free = 80 * 1024 ** 3;
    expect(bytesFor(jittered.map(() => (free -= Math.floor(random() * 2000) * 4096)))).toBeLessThan(3.2);
  });

  it('costs at most five bytes for measured durations of seven digits', () => {
    expect(bytesFor(jittered.map(() => roundReading(0.001 + random() * 0.01)))).toBeLessThan(5);
  });
});

describe('points of a roll-up', () => {
  const points = {
    times: every(60_000, 4),
    counts: [4, 4, 3, 4],
    averages: [0.5, 0.123456789, 2, 2],
    minima: [0.5, 0.1, 1, 2],
    maxima: [0.5, 0.2, 3, 2],
  };

  it('come back; averages with seven significant digits', () => {
    expect(decodeChunk(encodePoints(points))).toEqual({ ...points, averages: [0.5, 0.1234568, 2, 2] });
  });

  it('cost nothing more where average, minimum and maximum are one', () => {
    const single = fromSamples(
      every(60_000),
      every(60_000).map((_, index) => index * 7),
    );
    expect(encodePoints(single).length).toBeLessThan(150);
  });
});

describe('bytes that are no chunk', () => {
  it.each([
    ['nothing', []],
    ['another format', [9, 0]],
    ['an absurd length', [1, 0xff, 0xff, 0xff, 0x7f]],
    ['an unknown form of column', [1, 1, 1, 0, 0, 9]],
  ])('%s', (_, bytes) => {
    expect(() => decodeChunk(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it('no cut of a real chunk is taken for one', () => {
    const whole = encodeSamples(
      every(15_000, 20),
      every(15_000, 20).map((_, index) => Math.sqrt(index)),
    );
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeChunk(whole.subarray(0, length))).toThrow(RangeError);
    }
  });
});

it.each([
  [0.003421566999999868, 0.003421567],
  [123_456_789, 123_456_789],
  [1_234_567.891, 1_234_568],
  [-0.1, -0.1],
])('rounds %d to %d', (value, expected) => {
  expect(roundReading(value)).toBe(expected);
});
