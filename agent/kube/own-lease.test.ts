import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { RosterEntry } from '../model/roster.ts';
import { type OwnLease, createOwnLease, lookersOf } from './own-lease.ts';
import { createRights } from './rights.ts';
import { type FakeApi, aLease, aMember, aRoster, createFakeApi, failed, heard, ok } from './testing.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/w1';
const silent = { warn() {}, info() {} } as never;

describe('the own Lease', () => {
  let clock: FakeClock;
  let api: FakeApi;
  let lease: OwnLease;
  let stopReviewing: () => void;
  const begin = (lookers: number | undefined): void => {
    const rights = createRights({ log: silent, notice: () => {} });
    lease = createOwnLease('w1', { client: api.client, clock, rights });
    lease.review(lookers);
    stopReviewing = clock.every(2000, () => lease.review(lookers));
  };
  beforeEach(() => {
    [clock, api] = [createFakeClock(), createFakeApi()];
    api.answers.set(PATH, ok(aLease('w1', '7')));
  });
  afterEach(() => {
    stopReviewing();
    lease.stop();
  });

  it.each([
    [1, 20_000],
    [10, 20_000],
  ])('is looked at by each of %i agents every %i ms', async (lookers, everyMs) => {
    begin(lookers);
    await clock.advance(600_000 - 1);
    expect(api.asked).toHaveLength(600_000 / everyMs);
  });

  it.each([11, 5000, undefined])('is not looked at where there are %s of them', async (lookers) => {
    begin(lookers);
    await clock.advance(600_000);
    expect(api.asked).toEqual([]);
  });

  it.each([1, 10])('that is not renewed is stale after 40 s, and no more once it is (%i agents)', async (lookers) => {
    begin(lookers);
    await clock.advance(39_000);
    expect(lease.state()).toBeUndefined();
    await clock.advance(21_000);
    expect(lease.state()?.kind).toBe('stale');
    api.answers.set(PATH, ok(aLease('w1', '8')));
    await clock.advance(21_000);
    expect(lease.state()?.kind).toBe('renewed');
  });

  it('is not stale for the time in which the API said nothing', async () => {
    begin(1);
    await clock.advance(19_000);
    api.answers.set(PATH, failed);
    await clock.advance(120_000);
    expect(lease.state()).toBeUndefined();
    api.answers.set(PATH, ok(aLease('w1', '7')));
    await clock.advance(38_000);
    expect(lease.state()).toBeUndefined();
  });

  it('that the kubelet was told to renew more seldom has more time', async () => {
    api.answers.set(PATH, ok({ ...aLease('w1', '7'), spec: { leaseDurationSeconds: 120 } }));
    begin(1);
    await clock.advance(115_000);
    expect(lease.state()).toBeUndefined();
    await clock.advance(20_000);
    expect(lease.state()?.kind).toBe('stale');
  });

  it('is nothing where the kubelet has none', async () => {
    api.answers.delete(PATH);
    begin(1);
    await clock.advance(120_000);
    expect(lease.state()?.kind).toBe('none');
  });
});

describe('agents that look at their own Lease', () => {
  const entry = (name: string, ready: RosterEntry['ready']): RosterEntry => ({
    name,
    uid: name,
    isControlPlane: false,
    ready,
  });
  const say = (entries: readonly RosterEntry[], more = {}) =>
    lookersOf('w1', [aMember('w1')], [heard('m1', aRoster({ nodes: 5000, entries, ...more }))]);

  it('are all of them while this one’s Node is ready', () => {
    expect(say([])).toBe(5000);
    expect(say([entry('w1', 'true'), entry('w2', 'unknown')])).toBe(5000);
  });

  it('are those whose Nodes are not, where this one’s is one of them', () => {
    expect(say([entry('m1', 'true'), entry('w1', 'unknown'), entry('w2', 'false')])).toBe(2);
    expect(say([entry('w1', 'unknown')], { omitted: 300 })).toBe(301);
    expect(say([entry('w1', 'unknown')], { omitted: 300, nodes: 3 })).toBe(3);
  });

  it('are not known where nobody reads', () => {
    expect(lookersOf('w1', [aMember('w1')], [])).toBeUndefined();
  });
});
