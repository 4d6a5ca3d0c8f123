import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type NodeFacts, readNode } from '../objects/node.ts';
import { type FakeApi, aList, aNode, createFakeApi, denied, failed } from '../testing.ts';
import type { Answer } from './answer.ts';
import { type ListWatch, startListWatch } from './list-watch.ts';

const PATH = '/api/v1/nodes';
const gone: Answer = { kind: 'gone', message: '410 too old resource version' };

describe('a collection', () => {
  let clock: FakeClock;
  let api: FakeApi;
  let told: string[];
  let watch: ListWatch<NodeFacts>;
  const begin = async (): Promise<void> => {
    watch = startListWatch(
      { path: PATH, read: readNode, nameOf: ({ name }) => name },
      {
        onListed: () => told.push('listed'),
        onItem: ({ name }) => told.push(name),
        onDeleted: ({ name }) => told.push(`deleted ${name}`),
        onChange: () => {},
      },
      { client: api.client, clock, random: () => 0.5 },
    );
    await clock.advance(1);
  };
  const names = (): string[] => [...watch.items().keys()].sort();
  const latest = () => api.watches.at(-1) ?? expect.fail('nobody watches');
  beforeEach(() => {
    [clock, api, told] = [createFakeClock(), createFakeApi(), []];
    api.answers.set(PATH, aList([aNode('w1'), aNode('w2')]));
  });
  afterEach(() => watch.stop());

  it('is listed in pages, then watched from there', async () => {
    api.answers.set(PATH, aList([aNode('w1')], '100', 'next page'));
    api.answers.set(`${PATH}?limit=100&continue=next%20page`, aList([aNode('w2')], '100'));
    await begin();

    expect(names()).toEqual(['w1', 'w2']);
    expect(told).toEqual(['listed']);
    expect(latest().path).toBe(`${PATH}?resourceVersion=100`);
    expect(watch.state().kind).toBe('listing');
    latest().onOpen();
    expect(watch.state().kind).toBe('current');
  });

  it('follows its changes', async () => {
    await begin();
    latest().onEvent({ type: 'ADDED', object: aNode('w3', { version: '101' }) });
    latest().onEvent({ type: 'MODIFIED', object: aNode('w1', { version: '102', spec: { unschedulable: true } }) });
    latest().onEvent({ type: 'DELETED', object: aNode('w2', { version: '103' }) });
    latest().onEvent({ type: 'MODIFIED', object: 'garbage' });

    expect(names()).toEqual(['w1', 'w3']);
    expect(watch.items().get('w1')?.isCordoned).toBe(true);
    expect(told).toEqual(['listed', 'w3', 'w1', 'deleted w2']);
  });

  it('goes on from the last event or bookmark when a watch ends', async () => {
    await begin();
    latest().onEvent({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '250' } } });
    await clock.advance(300_000);
    latest().end({ kind: 'ok', value: undefined });
    await clock.advance(1);

    expect(latest().path).toBe(`${PATH}?resourceVersion=250`);
    expect(api.asked).toHaveLength(1);
  });

  it('waits a little, then longer, while a watch cannot begin, and keeps what it has', async () => {
    await begin();
    const begun: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const count = api.watches.length;
      latest().end(failed);
      const from = clock.monotonic();
      while (api.watches.length === count) await clock.advance(100);
      begun.push(Math.round((clock.monotonic() - from) / 100) / 10);
    }

    expect(begun).toEqual([0.8, 1.5, 3, 6, 12, 22.5]);
    expect(watch.state()).toMatchObject({ kind: 'failing', answer: failed });
    expect(names()).toEqual(['w1', 'w2']);
    latest().onEvent({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '300' } } });
    expect(watch.state().kind).toBe('current');
  });

  it('is listed anew when its version is too old', async () => {
    await begin();
    api.answers.set(PATH, aList([aNode('w1')], '900'));
    latest().end(gone);
    await clock.advance(2000);

    expect(names()).toEqual(['w1']);
    expect(told).toEqual(['listed', 'listed']);
    expect(latest().path).toBe(`${PATH}?resourceVersion=900`);
  });

  it('begins its list anew when a page is gone', async () => {
    let pages = 0;
    api.answers.set(PATH, aList([aNode('w1')], '100', 'second'));
    api.answers.set(`${PATH}?limit=100&continue=second`, () => {
      pages += 1;
      return pages === 1 ? gone : aList([aNode('w2')], '101');
    });
    await begin();
    expect(watch.state().kind).toBe('failing');
    await clock.advance(2000);

    expect(names()).toEqual(['w1', 'w2']);
  });

  it.each([
    ['is refused', denied],
    ['is no list', { kind: 'ok', value: { kind: 'Status' } } satisfies Answer],
    ['fails', failed],
  ])('is tried again for ever when its list %s', async (_, answer) => {
    api.answers.set(PATH, answer);
    await begin();
    await clock.advance(120_000);
    expect(watch.state().kind).toBe('failing');
    expect(api.asked.length).toBeGreaterThan(5);
    expect(api.asked.length).toBeLessThan(12);
    expect(watch.heardAt()).toBeUndefined();
    api.answers.set(PATH, aList([aNode('w1')]));
    await clock.advance(31_000);

    expect(names()).toEqual(['w1']);
  });

  it('is listed anew now and then, whatever the watch says', async () => {
    await begin();
    for (let minutes = 0; minutes < 50; minutes += 5) {
      await clock.advance(5 * 60_000);
      latest().end({ kind: 'ok', value: undefined });
      await clock.advance(1);
    }

    expect(told).toEqual(['listed', 'listed']);
  });

  it('stays refused while it may be listed and not watched', async () => {
    await begin();
    for (let minute = 0; minute < 5; minute += 1) {
      latest().end(denied);
      await clock.advance(60_000);
      expect(watch.state()).toMatchObject({ kind: 'failing', answer: denied });
    }
    expect(told.length).toBeGreaterThan(1);
  });

  it('is listed anew when somebody asks for it', async () => {
    await begin();
    watch.relist();
    await clock.advance(1);

    expect(told).toEqual(['listed', 'listed']);
    expect(api.watches).toHaveLength(2);
  });

  it('is not watched in a hurry where every watch ends at once', async () => {
    await begin();
    for (let second = 0; second < 120; second += 1) {
      latest().onOpen();
      latest().end({ kind: 'ok', value: undefined });
      await clock.advance(1000);
    }

    expect(api.watches.length).toBeLessThan(12);
    expect(watch.state().kind).toBe('current');
  });

  it('is current as soon as a watch has begun anew', async () => {
    await begin();
    latest().end(failed);
    await clock.advance(2000);
    expect(watch.state().kind).toBe('failing');
    latest().onOpen();

    expect(watch.state().kind).toBe('current');
  });

  it.each([
    [2, 60_000],
    [2000, 120_000],
  ])('of %i objects is listed anew when a watch broke off, and not within %i ms', async (count, gapMs) => {
    api.answers.set(PATH, aList(Array.from({ length: count }, (_, index) => aNode(`w${index}`))));
    await begin();
    await clock.advance(gapMs - 5000);
    latest().end(failed);
    await clock.advance(4000);
    latest().onOpen();
    expect(told).toEqual(['listed']);
    await clock.advance(1000);
    expect(told).toEqual(['listed', 'listed']);
    for (let rest = gapMs; rest > 10_000; rest -= 10_000) {
      latest().end(failed);
      await clock.advance(10_000);
    }

    expect(told).toEqual(['listed', 'listed']);
  });

  it('says it when something else is wrong', async () => {
    await begin();
    latest().end(failed);
    await clock.advance(2000);
    latest().end(denied);
    await clock.advance(1);

    expect(watch.state()).toMatchObject({ kind: 'failing', answer: denied });
  });

  it('is let go', async () => {
    await begin();
    watch.stop();
    await clock.advance(120_000);

    expect(api.watches).toHaveLength(1);
    expect(clock.pendingTimers()).toBe(0);
  });
});
