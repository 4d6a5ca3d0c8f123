import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { type OwnPods, startOwnPods } from './own-pods.ts';
import { type FakeApi, aList, aPod, createFakeApi, denied, failed } from './testing.ts';

const OWN = '/api/v1/namespaces/kube-system/pods?fieldSelector=spec.nodeName%3Dw1';
const ALL = '/api/v1/pods?fieldSelector=spec.nodeName%3Dw1';
const MINUTE = 60_000;

let clock: FakeClock;
let api: FakeApi;
let noted: string[];
let pods: OwnPods | undefined;

const begin = async (namespaces: readonly string[] = ['kube-system'], members = 1): Promise<OwnPods> => {
  const rights = {
    note: (right: string, { kind }: { readonly kind: string }) => void noted.push(`${right}: ${kind}`),
    lacks: () => false,
    missing: () => [],
  };
  pods = startOwnPods(
    { node: 'w1', namespaces },
    { client: api.client, clock, random: () => 0.5, rights, members: () => members },
  );
  // Half of the time from 15 to 30 s, then half of a second for each.
  await clock.advance(22_500 + 501 * members);
  return pods;
};
const namesOf = (own: OwnPods): string[] => {
  const view = own.view();
  return view.kind === 'known'
    ? view.pods.map(({ namespace, name }) => `${namespace}/${name}`)
    : expect.fail(view.kind);
};
const latest = () => api.watches.at(-1) ?? expect.fail('nobody watches');

beforeEach(() => {
  [clock, api, noted] = [createFakeClock(), createFakeApi(), []];
});
afterEach(() => pods?.stop());

it('lists this node’s pods of one namespace from the server’s memory, then watches them', async () => {
  api.answers.set(OWN, aList([aPod('dns'), aPod('proxy')], '42'));
  const own = await begin();

  expect(api.asked).toEqual([`${OWN}&resourceVersion=0`]);
  expect(latest()).toMatchObject({ path: `${OWN}&resourceVersion=42`, forMs: 10 * MINUTE });
  latest().onEvent({ type: 'DELETED', object: aPod('dns') });
  expect(namesOf(own)).toEqual(['kube-system/proxy']);
});

it.each([
  [['*'], ['a/x', 'b/y', 'c/z']] as const,
  [
    ['a', 'b'],
    ['a/x', 'b/y'],
  ] as const,
])('watches all namespaces for %j, and keeps what is looked at', async (namespaces, kept) => {
  const list = [aPod('x', { metadata: { namespace: 'a' } }), aPod('y', { metadata: { namespace: 'b' } })];
  api.answers.set(ALL, aList([...list, aPod('z', { metadata: { namespace: 'c' } })]));
  expect(namesOf(await begin(namespaces))).toEqual(kept);
});

it('says that it was not asked yet, then that it does not answer', async () => {
  api.answers.set(OWN, failed);
  const own = startOwnPods(
    { node: 'w1', namespaces: ['kube-system'] },
    {
      client: api.client,
      clock,
      random: () => 0.5,
      rights: { note: () => {}, lacks: () => false, missing: () => [] },
      members: () => 100,
    },
  );
  pods = own;
  expect(own.view()).toEqual({ kind: 'unknown', why: 'the Kubernetes API was not asked for this node’s pods yet' });
  await clock.advance(22_500 + 49_000);
  expect(api.asked).toEqual([]);
  await clock.advance(2000);
  expect(own.view()).toMatchObject({ kind: 'unknown', why: expect.stringContaining('no answer within 10 s') });
});

it('names the right that is missing, and takes it up when it is granted', async () => {
  api.answers.set(OWN, denied);
  const own = await begin();
  expect(own.view()).toEqual({
    kind: 'unknown',
    why: 'the Kubernetes API does not allow this agent to list and watch pods in kube-system',
  });
  api.answers.set(OWN, aList([aPod('dns')]));
  await clock.advance(MINUTE);
  latest().onOpen();
  expect(namesOf(own)).toEqual(['kube-system/dns']);
  expect(noted).toEqual(['list and watch pods in kube-system: denied', 'list and watch pods in kube-system: ok']);
});

it('keeps what it knows for three minutes of silence, and then says that it does not know', async () => {
  api.answers.set(OWN, aList([aPod('dns')]));
  const own = await begin();
  latest().onOpen();
  latest().end(failed);
  await clock.advance(2 * MINUTE);
  expect(namesOf(own)).toEqual(['kube-system/dns']);
  await clock.advance(1.1 * MINUTE);
  expect(own.view()).toEqual({
    kind: 'unknown',
    why: expect.stringMatching(/^the Kubernetes API has said nothing of this node’s pods for 3m/),
  });
});

it('spreads over the time that so many agents have', async () => {
  api.answers.set(OWN, aList([aPod('dns')]));
  await begin(['kube-system'], 1000);
  expect(latest().forMs).toBe(1000_000);
  latest().onOpen();
  latest().end(failed);
  const before = api.watches.length;
  // Half of twice the thousand seconds.
  await clock.advance(990_000);
  expect(api.watches).toHaveLength(before);
  await clock.advance(15_000);
  expect(api.watches).toHaveLength(before + 1);
});

it('begins anew at once where its version is too old: it has waited for its turn before', async () => {
  api.answers.set(OWN, aList([aPod('dns')]));
  await begin(['kube-system'], 1000);
  latest().end({ kind: 'gone', message: '410 too old resource version' });
  await clock.advance(5000);
  expect(api.asked).toHaveLength(2);
});

it('keeps what it knows while a server refuses it for a moment, and tells a token from a right', async () => {
  api.answers.set(OWN, aList([aPod('dns')]));
  const own = await begin();
  latest().onOpen();
  api.answers.set(OWN, { kind: 'denied', status: 401, message: '401 Unauthorized' });
  latest().end({ kind: 'denied', status: 401, message: '401 Unauthorized' });
  await clock.advance(MINUTE);
  expect(namesOf(own)).toEqual(['kube-system/dns']);
  for (let round = 0; round < 6; round += 1) {
    latest().end({ kind: 'denied', status: 401, message: '401 Unauthorized' });
    await clock.advance(MINUTE);
  }
  expect(own.view()).toEqual({ kind: 'unknown', why: 'the Kubernetes API does not accept the token of this agent' });
});
