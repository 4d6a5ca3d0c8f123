import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import { CONTROLLER_LEASES, type LeaseOptions, type LeaseWatch, NODE_LEASES, createLeaseWatch } from './leases.ts';
import { createRights } from './rights.ts';
import { type FakeApi, aLease, aList, createFakeApi, denied, failed, missing, ok } from './testing.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const SCHEDULER = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler';
const silent = { warn() {}, info() {} } as never;

describe('a lease', () => {
  let clock: FakeClock;
  let api: FakeApi;
  let leases: LeaseWatch;
  const answer = (name: string, version: string): void =>
    void api.answers.set(`${LEASES}/${name}`, ok(aLease(name, version)));
  const create = (options: LeaseOptions): LeaseWatch => {
    const rights = createRights({ log: silent, notice: () => {} });
    return createLeaseWatch(options, { client: api.client, clock, rights, onChange: () => {} });
  };
  beforeEach(() => {
    clock = createFakeClock();
    api = createFakeApi();
    leases = create(NODE_LEASES);
  });

  it('that never changes is stale after 40 s of looking, and not before', async () => {
    answer('w1', '7');
    leases.follow(['w1']);
    await clock.advance(39_000);
    expect(leases.of('w1')).toBeUndefined();
    await clock.advance(6000);

    expect(leases.of('w1')?.kind).toBe('stale');
    await clock.advance(60_000);
    expect(leases.of('w1')?.unchangedForMs).toBeGreaterThan(99_000);
  });

  it('that changes is renewed, and stale 40 s after the last change', async () => {
    answer('w1', '7');
    leases.follow(['w1']);
    await clock.advance(8000);
    answer('w1', '8');
    await clock.advance(5000);
    expect(leases.of('w1')?.kind).toBe('renewed');
    await clock.advance(46_000);

    expect(leases.of('w1')?.kind).toBe('stale');
  });

  it('is not stale for the time in which the API said nothing', async () => {
    answer('w1', '7');
    leases.follow(['w1']);
    await clock.advance(20_000);
    api.answers.set(`${LEASES}/w1`, failed);
    await clock.advance(60_000);
    answer('w1', '7');
    await clock.advance(35_000);
    expect(leases.of('w1')).toBeUndefined();
    await clock.advance(11_000);

    expect(leases.of('w1')?.kind).toBe('stale');
  });

  it('that changed while the API said nothing tells nothing of now', async () => {
    answer('w1', '7');
    leases.follow(['w1']);
    await clock.advance(10_000);
    api.answers.set(`${LEASES}/w1`, failed);
    await clock.advance(60_000);
    answer('w1', '8');
    await clock.advance(6000);

    expect(leases.of('w1')).toBeUndefined();
  });

  it.each(['renewed', 'stale'] as const)(
    'that was %s is not known to be so while the API says nothing, nor just after',
    async (kind) => {
      answer('w1', '7');
      leases.follow(['w1']);
      await clock.advance(8000);
      if (kind === 'renewed') answer('w1', '8');
      await clock.advance(kind === 'renewed' ? 5000 : 40_000);
      expect(leases.of('w1')?.kind).toBe(kind);
      api.answers.set(`${LEASES}/w1`, failed);
      await clock.advance(30_000);
      expect(leases.of('w1')).toBeUndefined();
      answer('w1', '9');
      await clock.advance(6000);

      expect(leases.of('w1')).toBeUndefined();
    },
  );

  it('of a controller is stale after twice its own duration', async () => {
    const watch = create(CONTROLLER_LEASES);
    api.answers.set(SCHEDULER, ok(aLease('kube-scheduler', '7')));
    watch.follow(['kube-scheduler']);
    await clock.advance(79_000);
    expect(watch.of('kube-scheduler')).toBeUndefined();
    await clock.advance(6000);

    expect(watch.of('kube-scheduler')?.kind).toBe('stale');
    expect(watch.holder('kube-scheduler')).toBe('kube-scheduler');
    watch.stop();
  });

  it('of a controller that ends is stale no sooner', async () => {
    const watch = create(CONTROLLER_LEASES);
    api.answers.set(SCHEDULER, ok(aLease('kube-scheduler', '7')));
    watch.follow(['kube-scheduler']);
    await clock.advance(6000);
    const released = { holderIdentity: '', leaseDurationSeconds: 1 };
    api.answers.set(SCHEDULER, ok({ ...aLease('kube-scheduler', '8'), spec: released }));
    await clock.advance(29_000);
    expect(watch.of('kube-scheduler')?.kind).toBe('renewed');
    expect(watch.holder('kube-scheduler')).toBeUndefined();
    await clock.advance(10_000);

    expect(watch.of('kube-scheduler')?.kind).toBe('stale');
    watch.stop();
  });

  it('of a controller is looked at anew when a single answer was missing', async () => {
    const watch = create(CONTROLLER_LEASES);
    const lease = { ...aLease('kube-scheduler', '7'), spec: { leaseDurationSeconds: 15 } };
    api.answers.set(SCHEDULER, ok(lease));
    watch.follow(['kube-scheduler']);
    await clock.advance(22_000);
    api.answers.set(SCHEDULER, failed);
    await clock.advance(5000);
    api.answers.set(SCHEDULER, ok(lease));
    await clock.advance(25_000);
    expect(watch.of('kube-scheduler')).toBeUndefined();
    await clock.advance(11_000);

    expect(watch.of('kube-scheduler')?.kind).toBe('stale');
    watch.stop();
  });

  it('may not be there', async () => {
    api.answers.set(`${LEASES}/w1`, missing);
    leases.follow(['w1']);
    await clock.advance(5000);

    expect(leases.of('w1')?.kind).toBe('none');
  });

  it('is not judged without the right to read it', async () => {
    api.answers.set(`${LEASES}/w1`, denied);
    leases.follow(['w1']);
    await clock.advance(120_000);

    expect(leases.of('w1')).toBeUndefined();
  });

  it('is asked for every 5 s while somebody follows it, and not any more', async () => {
    answer('w1', '7');
    leases.follow(['w1']);
    await clock.advance(30_000);
    const count = api.asked.length;
    expect(count).toBeGreaterThanOrEqual(6);
    expect(count).toBeLessThanOrEqual(8);
    leases.follow([]);
    await clock.advance(30_000);

    expect(api.asked.length).toBe(count);
    expect(leases.of('w1')).toBeUndefined();
  });

  it('of many is found in one list every 15 s', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `w${index}`);
    let version = 1;
    api.answers.set(LEASES, () =>
      aList(names.slice(0, 39).map((name) => aLease(name, name === 'w0' ? String(version) : '1'))),
    );
    leases.follow(names);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(15_000);
      version += 1;
    }

    expect(leases.of('w0')?.kind).toBe('renewed');
    expect(leases.of('w1')?.kind).toBe('stale');
    expect(leases.of('w39')?.kind).toBe('none');
    expect(api.asked.length).toBeLessThanOrEqual(6);
  });

  it('of those who come in with many others is stale as soon, and no more than a list in 5 s is asked for', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `w${index}`);
    const listed: number[] = [];
    api.answers.set(LEASES, () => {
      listed.push(clock.monotonic());
      return aList(names.map((name) => aLease(name, '1')));
    });
    leases.follow(names.slice(0, 20));
    for (let count = 21; count <= 40; count += 1) {
      await clock.advance(200);
      leases.follow(names.slice(0, count));
    }
    await clock.advance(48_000 - 20 * 200);

    expect(names.filter((name) => leases.of(name)?.kind !== 'stale')).toEqual([]);
    const pauses = listed.slice(1).map((at, index) => at - (listed[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5000);
    expect(listed.length).toBeLessThanOrEqual(7);
  });
});
