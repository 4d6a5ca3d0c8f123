import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createDivergence } from './divergence.ts';

const [SAME, OTHER] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)];

function setUp() {
  const clock = createFakeClock();
  const synced: [number, string][] = [];
  const divergence = createDivergence({
    clock,
    ownDigest: () => SAME,
    sync: (peerId) => synced.push([clock.monotonic(), peerId]),
  });
  return { clock, divergence, synced };
}

it('syncs with a neighbour whose digest differs for more than a moment', async () => {
  const { clock, divergence, synced } = setUp();

  divergence.heard('a', OTHER);
  expect(synced).toEqual([]);
  await clock.advance(1000);
  divergence.heard('b', OTHER);
  divergence.heard('a', OTHER);
  expect(synced).toEqual([[1000, 'a']]);
});

it('lets news arrive by itself', async () => {
  const { clock, divergence, synced } = setUp();

  for (const digest of [OTHER, SAME, OTHER, SAME]) {
    divergence.heard('a', digest);
    await clock.advance(1000);
  }
  expect(synced).toEqual([]);
});

it('looks more and more seldom where somebody always has news', async () => {
  const { clock, divergence, synced } = setUp();

  for (let second = 0; second <= 60; second += 1) {
    divergence.heard('a', OTHER);
    divergence.heard('b', OTHER);
    await clock.advance(1000);
  }
  expect(synced.map(([at]) => at / 1000)).toEqual([1, 2, 4, 8, 16, 26, 36, 46, 56]);
});

it('begins anew once a neighbour knew the same', async () => {
  const { clock, divergence, synced } = setUp();
  for (let second = 0; second < 20; second += 1) {
    divergence.heard('a', OTHER);
    await clock.advance(1000);
  }
  divergence.heard('b', SAME);
  const before = synced.length;

  await clock.advance(10_000);
  divergence.heard('a', OTHER);
  await clock.advance(1000);
  divergence.heard('a', OTHER);
  expect(synced.slice(before).map(([at]) => at)).toEqual([30_000, 31_000]);
});
