import { expect, it } from 'vitest';
import { testEnvelope, testKeys } from '../envelope/testing.ts';
import { createOwnFloods } from './own-floods.ts';

const [evil, good] = [testKeys(1), testKeys(2)];
const own = testEnvelope(evil, 'event', [1, 0, 0, 'evil', 'AQIDBAUGBwg', 1]);
const relayed = testEnvelope(good, 'event', [1, 0, 0, 'good', 'AQIDBAUGBwg', 1]);

it('blames who says too much itself, and never who passes on what others say', () => {
  let now = 0;
  const floods = createOwnFloods({ monotonic: () => now });
  const count = (envelope: Uint8Array, from: string, many: number): number =>
    Array.from({ length: many }).filter(() => floods.isOne(envelope, from)).length;

  // A minute of broadcasts at once, as after a pause of this agent.
  expect(count(own, evil.peerId, 600)).toBe(0);
  expect(count(own, evil.peerId, 50)).toBe(50);
  expect(count(relayed, evil.peerId, 2000)).toBe(0);
  expect(count(own, good.peerId, 2000)).toBe(0);
  now += 1000;
  expect(count(own, evil.peerId, 20)).toBe(10);
});
