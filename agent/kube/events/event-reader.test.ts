import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { Answer } from '../api/answer.ts';
import { createRights } from '../rights.ts';
import { type FakeApi, aList, anEvent, createFakeApi, denied, failed } from '../testing.ts';
import { EVENT_PAGE, type EventReader, startEventReader } from './event-reader.ts';

const PATH = '/api/v1/events';
const gone: Answer = { kind: 'gone', message: '410 too old resource version' };
const ended: Answer = { kind: 'ok', value: undefined };

let clock: FakeClock;
let api: FakeApi;
let told: string[];
let notices: string[];
let changes: number;
let watchMs: number;
let reader: EventReader;

const begin = async ({ beginAfterMs = 0 } = {}): Promise<void> => {
  const log = { warn() {}, info() {} } as unknown as Parameters<typeof createRights>[0]['log'];
  reader = startEventReader(
    {
      onEvents: (events, how) =>
        told.push(`${how} ${events.map(({ uid, count }) => `${uid.slice(7)}=${count}`).join()}`),
      onListed: () => told.push('all'),
      onChange: () => (changes += 1),
    },
    {
      client: api.client,
      clock,
      random: () => 0.5,
      rights: createRights({ log, notice: (message) => void notices.push(message) }),
      watchMs: () => watchMs,
      beginAfterMs,
    },
  );
  await clock.advance(1);
};
const latest = () => api.watches.at(-1) ?? expect.fail('nobody watches');
const say = (name: string, more = {}, type: 'ADDED' | 'MODIFIED' | 'DELETED' = 'ADDED'): void =>
  latest().onEvent({ type, object: anEvent(name, more) });
const many = (count: number, from: number): unknown[] =>
  Array.from({ length: count }, (_, index) => anEvent(`e${from + index}`));

beforeEach(() => {
  [clock, api, told, notices, changes] = [createFakeClock(), createFakeApi(), [], [], 0];
  watchMs = 30_000;
  api.answers.set(PATH, aList([anEvent('a'), anEvent('b', { count: 2 })]));
});
afterEach(() => reader.stop());

describe('the events', () => {
  it('are listed, then watched from there', async () => {
    await begin();
    expect(reader.state()).toEqual({ completeSinceMs: 0, heardAtMs: 0, quietMs: 60_000 });
    latest().onOpen();
    say('c');
    say('a', { count: 6 }, 'MODIFIED');
    say('b', {}, 'DELETED');
    latest().onEvent({ type: 'ADDED', object: 'garbage' });

    expect(api.asked).toEqual([`${PATH}?limit=${EVENT_PAGE}`]);
    expect(latest()).toMatchObject({ path: `${PATH}?resourceVersion=100`, forMs: 30_000 });
    expect(told).toEqual(['listed a=5,b=2', 'all', 'watched c=5', 'watched a=6']);
    expect(changes).toBeGreaterThan(0);
  });

  it('of fifty thousand come page by page, ten at once and one a second from then on', async () => {
    let page = 0;
    api.answers.set(PATH, () => {
      page += 1;
      return aList(many(EVENT_PAGE, page * EVENT_PAGE), '100', page < 100 ? `page-${page}` : '');
    });
    await begin();
    expect(told).toHaveLength(10);
    expect(reader.state()).toEqual({ why: 'the events are being listed' });
    await clock.advance(80_000);
    expect(told).toHaveLength(90);
    await clock.advance(10_000);

    expect(told).toHaveLength(101);
    expect(told.at(-1)).toBe('all');
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
  });

  it('are watched anew again and again where nothing happens, which is a sign of life', async () => {
    await begin();
    latest().onOpen();
    for (let round = 0; round < 20; round += 1) {
      await clock.advance(45_000);
      latest().end(ended);
      await clock.advance(1);
      latest().onOpen();
    }

    expect(told).toEqual(['listed a=5,b=2', 'all']);
    expect(reader.state()).toEqual({ completeSinceMs: 0, heardAtMs: 900_021, quietMs: 60_000 });
  });

  it('are watched for as long as many readers need it, which is told to whoever waits for a sign of life', async () => {
    watchMs = 70_000;
    await begin();
    expect(latest().forMs).toBe(70_000);
    expect(reader.state().quietMs).toBe(140_000);
  });

  it('are listed anew, and nothing was missed, when the version of a quiet cluster is too old', async () => {
    await begin();
    latest().onOpen();
    await clock.advance(45_000);
    latest().end(gone);
    await clock.advance(10);
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
    await clock.advance(2000);

    expect(told).toEqual(['listed a=5,b=2', 'all', 'listed a=5,b=2', 'all']);
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
  });

  it('are not complete while the API is away, and are again once all was listed anew', async () => {
    await begin();
    latest().onOpen();
    await clock.advance(60_000);
    api.answers.set(PATH, failed);
    latest().end(failed);
    await clock.advance(19_000);
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
    const before = changes;
    await clock.advance(1500);
    expect(changes).toBeGreaterThan(before);
    expect(reader.state()).toEqual({
      why: 'the Kubernetes API does not tell the events: 10.96.0.1:443: no answer within 10 s',
      heardAtMs: 1,
      quietMs: 60_000,
    });
    await clock.advance(5 * 60_000);
    api.answers.set(PATH, aList([anEvent('a', { count: 8 })], '300'));
    await clock.advance(40_000);

    expect(told.slice(2)).toEqual(['listed a=8', 'all']);
    // Whatever was written meanwhile is still there.
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
  });

  it('are complete since the next list only where the API was away for so long that events may be over', async () => {
    await begin();
    latest().onOpen();
    api.answers.set(PATH, failed);
    await clock.advance(60_000);
    latest().end(failed);
    await clock.advance(11 * 60_000);
    api.answers.set(PATH, aList([]));
    await clock.advance(40_000);

    expect(reader.state().completeSinceMs).toBeGreaterThan(12 * 60_000);
  });

  it('are watched on where a watch broke off a moment after a list, and listed anew as soon as that is due', async () => {
    await begin();
    latest().onOpen();
    await clock.advance(5000);
    latest().end(failed);
    await clock.advance(2000);
    latest().onOpen();
    say('c');
    expect(told).toEqual(['listed a=5,b=2', 'all', 'watched c=5']);
    await clock.advance(30_000);

    expect(told.slice(3)).toEqual(['listed a=5,b=2', 'all']);
  });

  it('are asked for at most so often where every watch breaks off', async () => {
    let page = 0;
    api.answers.set(PATH, () => aList(many(10, 0), '100', (page += 1) % 40 === 0 ? '' : 'next'));
    await begin();
    for (let second = 0; second < 1800; second += 1) {
      if (api.watches.length > 0) latest().end(failed);
      await clock.advance(1000);
    }

    expect(api.asked.length / 1800).toBeLessThan(0.25);
    expect(api.watches.length / 1800).toBeLessThan(0.25);
  });

  it('are listed anew for whoever asks for it', async () => {
    await begin();
    latest().onOpen();
    reader.relist();
    await clock.advance(1);

    expect(told).toEqual(['listed a=5,b=2', 'all', 'listed a=5,b=2', 'all']);
    expect(reader.state()).toMatchObject({ completeSinceMs: 0 });
  });

  it('begin anew when a page is gone, and those of before come once more', async () => {
    let isFirst = true;
    api.answers.set(PATH, aList([anEvent('a')], '100', 'two'));
    api.answers.set(`${PATH}?limit=${EVENT_PAGE}&continue=two`, () => {
      const answer = isFirst ? gone : aList([anEvent('b')]);
      isFirst = false;
      return answer;
    });
    await begin();
    await clock.advance(3000);

    expect(told).toEqual(['listed a=5', 'listed a=5', 'listed b=5', 'all']);
    expect(reader.state().completeSinceMs).toBeGreaterThan(0);
  });

  it.each([
    [denied, 'the Kubernetes API does not allow this agent to list and watch events'],
    [
      { kind: 'denied', status: 401, message: '401 Unauthorized' } satisfies Answer,
      'the Kubernetes API does not accept the token of this agent',
    ],
    [failed, 'the Kubernetes API does not tell the events: 10.96.0.1:443: no answer within 10 s'],
  ])('are unknown without a right, which is said once (%#)', async (answer, why) => {
    api.answers.set(PATH, answer);
    await begin();
    await clock.advance(600_000);

    expect(reader.state()).toEqual({ why });
    expect(notices).toHaveLength(answer.kind === 'denied' ? 1 : 0);
    api.answers.set(PATH, aList([anEvent('a')]));
    await clock.advance(35_000);
    latest().onOpen();
    expect(reader.state().completeSinceMs).toBeGreaterThan(600_000);
    expect(notices).toHaveLength(answer.kind === 'denied' ? 2 : 0);
  });

  it('wait for their turn, and nothing comes of a reader that was stopped', async () => {
    await begin({ beginAfterMs: 60_000 });
    expect(reader.state()).toEqual({ why: 'it waits for its turn to ask the Kubernetes API', isWaiting: true });
    await clock.advance(60_000);
    expect(told).toHaveLength(2);
    const watch = latest();
    reader.stop();
    watch.onEvent({ type: 'ADDED', object: anEvent('late') });
    await clock.advance(120_000);

    expect([told.length, api.watches.length, clock.pendingTimers()]).toEqual([2, 1, 0]);
    await begin({ beginAfterMs: 60_000 });
    reader.stop();
    await clock.advance(120_000);
    expect(told).toHaveLength(2);
  });
});
