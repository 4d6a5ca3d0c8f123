import { expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { headerItems, peekHeader, readHeader } from './header.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { brokenPayload } from './testing.ts';

const HEADER = { boot: 4_294_967_295, sequence: Number.MAX_SAFE_INTEGER, contentSequence: 1, node: 'a'.repeat(253) };
const bytes = (text: string): Uint8Array => Buffer.from(text);

it('is read without the rest, at its shortest and at its longest', () => {
  expect(peekHeader(encodePayload([...headerItems(HEADER), 'x'.repeat(9000)]))).toEqual({
    ...HEADER,
    epoch: undefined,
  });
  expect(peekHeader(bytes('[1,2,2,"a"]'))).toMatchObject({ boot: 1, sequence: 2, contentSequence: 2, node: 'a' });
  expect(peekHeader(bytes('[1,2,2,"a",…broken'))).toMatchObject({
    boot: 1,
    sequence: 2,
    contentSequence: 2,
    node: 'a',
  });
});

it('is written in digits and without white space', () => {
  expect(peekHeader(bytes('[1e3,1,1,"a"]'))).toBeUndefined();
  expect(peekHeader(bytes('[1, 1,1,"a"]'))).toBeUndefined();
});

it.each([
  '',
  '[]',
  '{"boot":1}',
  '[0,1,1,"a"]',
  '[1,1,2,"a"]',
  '[4294967296,1,1,"a"]',
  '[1,9007199254740993,1,"a"]',
  '[1.5,1,1,"a"]',
  '[01,1,1,"a"]',
  '[-1,1,1,"a"]',
  '[1,1,1,""]',
  '[1,1,1,"-a"]',
  '[1,1,1,"a-"]',
  '[1,1,1,"a b"]',
  '[1,1,1,"é"]',
  '[1,1,1,7]',
  '[1,1,1,"a"',
  `[1,1,1,"${'a'.repeat(254)}"]`,
])('is not in %s', (text) => {
  expect(peekHeader(bytes(text))).toBeUndefined();
  expect(decodePayload(bytes(text), readHeader)).toBeUndefined();
});

it('is the same, peeked at or decoded: 20,000 broken payloads', () => {
  const random = createRandom(11);
  let accepted = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const payload = brokenPayload([1, 7, 5, 'node-a', 'x', [1, [2, 3]]], random);
    const decoded = decodePayload(payload, readHeader);
    // Peeking does not look at what follows, so it may accept more; never something else.
    if (decoded !== undefined) expect(peekHeader(payload)).toMatchObject(decoded);
    if (decoded !== undefined) accepted += 1;
  }
  expect(accepted).toBeGreaterThan(1000);
});

it('is followed by a place in a log in events', () => {
  const event = (...items: readonly unknown[]): Uint8Array => encodePayload([...headerItems(HEADER), ...items]);

  expect(peekHeader(event('AQIDBAUGBwg', 5))).toEqual({ ...HEADER, place: { epoch: 'AQIDBAUGBwg', sequence: 5 } });
  expect(peekHeader(event('AQIDBAUGBwg', Number.MAX_SAFE_INTEGER, 'x'))?.place?.sequence).toBe(9_007_199_254_740_991);
  expect(peekHeader(event('AQIDBAUGBwgA', 5))).toEqual({ ...HEADER, place: undefined });
  expect(peekHeader(event('AQIDBAUGBwg', 'x'))?.place).toBeUndefined();
  expect(peekHeader(event('AQIDBAUGBwg', 0))).toBeUndefined();
});

it('may be of an event before the first report', () => {
  expect(peekHeader(bytes('[1,0,0,"a","AQIDBAUGBwg",1]'))).toMatchObject({ sequence: 0, contentSequence: 0 });
});

it('takes views into larger buffers as they are', () => {
  const large = bytes('garbage[1,2,2,"a",0]garbage');

  expect(peekHeader(large.subarray(7, 20))).toMatchObject({ sequence: 2, node: 'a' });
  expect(peekHeader(large.subarray(7, 16))).toBeUndefined();
});
