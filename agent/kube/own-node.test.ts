import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { type OwnNode, startOwnNode } from './own-node.ts';
import { type FakeApi, aNode, createFakeApi, failed, missing, ok } from './testing.ts';

const PATH = '/api/v1/nodes/w1';
const MINUTE = 60_000;

let clock: FakeClock;
let api: FakeApi;
let controller: AbortController;
let isWanted: boolean;
let changes: number;
const begin = async (members = 3): Promise<OwnNode> => {
  const node = startOwnNode('w1', {
    client: api.client,
    clock,
    random: () => 0.5,
    signal: controller.signal,
    rights: { note() {}, lacks: () => false, missing: () => [] },
    members: () => members,
    isWanted: () => isWanted,
    onChange: () => void (changes += 1),
  });
  await clock.advance(0);
  return node;
};
beforeEach(() => {
  [clock, api, controller] = [createFakeClock(), createFakeApi(), new AbortController()];
  [isWanted, changes] = [false, 0];
  api.answers.set(PATH, ok(aNode('w1')));
});
afterEach(() => controller.abort());

it('is read at once, and every ten minutes while a reader tells of it', async () => {
  const node = await begin();
  expect(node.facts()).toMatchObject({ name: 'w1', ready: 'true' });
  await clock.advance(60 * MINUTE);
  expect(api.asked).toHaveLength(7);
  expect(changes).toBe(1);
  expect(node.isCurrent()).toBe(false);
});

it('is read every 30 s while nobody does, and then tells how things are', async () => {
  const node = await begin();
  await clock.advance(MINUTE);
  isWanted = true;
  await clock.advance(MINUTE);
  expect(node.isCurrent()).toBe(true);
  const before = api.asked.length;
  await clock.advance(10 * MINUTE);
  expect(api.asked.length - before).toBe(20);
});

it('is not read at once by all agents when their readers go', async () => {
  await begin(90);
  await clock.advance(10 * MINUTE - 1000);
  isWanted = true;
  const before = api.asked.length;
  await clock.advance(50_000);
  expect(api.asked).toHaveLength(before);
  await clock.advance(30_000);
  expect(api.asked).toHaveLength(before + 1);
});

it('is read too seldom in a large cluster to tell how things are', async () => {
  isWanted = true;
  const node = await begin(100);
  await clock.advance(2 * MINUTE);
  expect(node.isCurrent()).toBe(false);
});

it('is not current while the API says nothing', async () => {
  isWanted = true;
  const node = await begin();
  api.answers.set(PATH, failed);
  await clock.advance(2 * MINUTE);
  expect(node.isCurrent()).toBe(true);
  await clock.advance(2 * MINUTE);
  expect(node.isCurrent()).toBe(false);
  expect(node.facts()).toBeDefined();
});

it('that was deleted is missing, and what it was is kept', async () => {
  isWanted = true;
  const node = await begin();
  api.answers.set(PATH, missing);
  await clock.advance(MINUTE);
  expect(node.isMissing()).toBe(true);
  expect(node.facts()).toBeDefined();
  api.answers.set(PATH, failed);
  await clock.advance(10 * MINUTE);
  expect(node.isMissing()).toBe(true);
  api.answers.set(PATH, ok(aNode('w1', { uid: 'another' })));
  await clock.advance(10 * MINUTE);
  expect(node.isMissing()).toBe(false);
  expect(node.facts()?.uid).toBe('another');
});

it('that another has read under another UID is read soon', async () => {
  const node = await begin();
  await clock.advance(2 * MINUTE);
  node.heard('uid-of-w1');
  await clock.advance(5000);
  expect(api.asked).toHaveLength(1);
  node.heard('another');
  await clock.advance(5000);
  expect(api.asked).toHaveLength(2);
});
