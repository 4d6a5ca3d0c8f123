import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { Clock } from '../base/clock.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { Link, LinkHandlers } from './link.ts';
import type { Batch, FromProcess, StoredBatch, ToProcess } from './messages.ts';
import { type Store, createStore } from './store.ts';

type Message<K extends ToProcess['kind']> = Extract<ToProcess, { kind: K }>;

interface Fixture {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly told: StoredEvent[];
  readonly states: StoreHealth['state'][];
  /** What the process was sent of one kind. */
  readonly sent: <K extends ToProcess['kind']>(kind: K) => Message<K>[];
  /** What the process says. */
  readonly say: (message: FromProcess) => void;
  readonly opened: (last?: StoredBatch, more?: object) => void;
  /** Acknowledges the newest batch. */
  readonly acknowledge: (firstSequence?: number) => Batch;
  readonly full: () => void;
  readonly die: (again: number) => void;
  /** Has the process ended for good? */
  readonly exit: () => void;
  readonly link: { released: boolean; killed: number };
  /** The agent itself stands still for so long. */
  readonly pause: (durationMs: number) => void;
}

/** Unless the disk is what a test is about, its probes come back at once. */
function aStore({ probesComeBack = true } = {}): Fixture {
  const clock = createFakeClock();
  let pausedMs = 0;
  const pausable: Clock = { ...clock, monotonic: () => clock.monotonic() + pausedMs };
  const messages: ToProcess[] = [];
  const state = { released: false, killed: 0 };
  const ended = Promise.withResolvers<void>();
  const told: StoredEvent[] = [];
  const states: StoreHealth['state'][] = [];
  let handlers: LinkHandlers | undefined;
  const link: Link = {
    start: () => handlers?.onStart('usual'),
    send: (message) => void messages.push(message),
    beat(probe) {
      messages.push({ kind: 'heartbeat', probe });
      if (probe && probesComeBack) queueMicrotask(() => say({ kind: 'probed', at: 0, durationMs: 1 }));
      return true;
    },
    opened: () => {},
    pid: () => undefined,
    kill: () => void (state.killed += 1),
    end: () => ended.promise,
    release: () => void (state.released = true),
  };
  const store = createStore(
    { directory: '/data', maxBytes: 1e9 },
    {
      clock: pausable,
      log: pino({ level: 'silent' }),
      createLink: (_command, _deps, given) => {
        handlers = given;
        return link;
      },
    },
  );
  store.onStored((events) => void told.push(...events));
  store.onHealth((health) => void states.push(health.state));
  const say = (message: FromProcess): void => handlers?.onMessage(message);
  const sent = <K extends ToProcess['kind']>(kind: K): Message<K>[] =>
    messages.filter((message): message is Message<K> => message.kind === kind);
  return {
    clock,
    store,
    told,
    states,
    sent,
    say,
    opened: (lastBatch, more = {}) =>
      say({
        kind: 'opened',
        results: [],
        seen: {},
        events: [],
        allEvents: true,
        peerEvents: [],
        allPeerEvents: true,
        sizeBytes: 10,
        ...(lastBatch !== undefined && { lastBatch }),
        ...more,
      }),
    acknowledge(firstSequence = 1) {
      const batch = sent('batch').at(-1)?.batch;
      if (batch === undefined) throw new Error('no batch was sent');
      say({ kind: 'stored', run: batch.run, number: batch.number, firstSequence, sizeBytes: 20 });
      return batch;
    },
    full: () =>
      say({ kind: 'trouble', trouble: { state: 'full', message: 'no space is left for /data', defect: false } }),
    die: (again) => handlers?.onDeath('SIGKILL', again),
    exit: () => ended.resolve(),
    link: state,
    pause: (durationMs) => {
      pausedMs += durationMs;
    },
  };
}

async function anOpenStore(options?: { readonly probesComeBack: boolean }): Promise<Fixture> {
  const fixture = aStore(options);
  const opening = fixture.store.open();
  fixture.opened();
  await opening;
  return fixture;
}

const notice = (message: string): TimelineEvent => ({ kind: 'agent-notice', at: 1, node: 'n', message });
const sample = (value: number) => ({ at: value, key: { node: 'n', check: 'c', reading: 'r' }, value });
const aQuery = { node: 'n', check: 'c', from: 0, to: 10, maxPoints: 10 };

describe('opening', () => {
  it('gives what earlier runs left', async () => {
    const { store, say, opened } = aStore();
    const opening = store.open();
    expect(store.health()).toMatchObject({ state: 'opening', directory: '/data' });
    say({ kind: 'blocked', blocked: { check: 'exec', at: 5 } });
    opened(undefined, { seen: { etcd: 3 } });
    expect(await opening).toEqual({ results: [], seen: { etcd: 3 }, blocked: { check: 'exec', at: 5 } });
    expect(store.health()).toMatchObject({ state: 'ok', message: '', sizeBytes: 10 });
  });

  it('goes on without after 3 s, and does not overwrite what comes late', async () => {
    const { store, clock, opened, sent } = aStore();
    const opening = store.open();
    store.saveSeen({ kubelet: 9 });
    await clock.advance(3000);
    expect(await opening).toBeUndefined();
    const late: unknown[] = [];
    store.onLateSeen((seen) => late.push(seen));
    opened(undefined, { seen: { etcd: 3, kubelet: 1 } });
    expect(late).toEqual([{ etcd: 3, kubelet: 1 }]);
    await clock.advance(1000);
    expect(sent('batch')[0]?.batch.documents).toEqual({ seen: { etcd: 3, kubelet: 9 } });
  });

  it('goes on at once when the database cannot be read, with the check that blocked', async () => {
    const { store, say, full } = aStore();
    const opening = store.open();
    say({ kind: 'blocked', blocked: { check: 'exec', at: 5 } });
    full();
    expect(await opening).toEqual({ results: [], seen: undefined, blocked: { check: 'exec', at: 5 } });
    expect(store.health().state).toBe('full');
  });

  it('is tried again every 10 s', async () => {
    const { store, clock, full, opened, sent } = aStore();
    void store.open();
    full();
    await clock.advance(9500);
    expect(sent('open')).toHaveLength(1);
    await clock.advance(1000);
    expect(sent('open')).toHaveLength(2);
    opened();
    expect(store.health().state).toBe('ok');
  });

  it('reports a database that was set aside, once', async () => {
    const { store, states, opened } = aStore();
    void store.open();
    const setAside = { path: '/data/x', why: 'corrupt', at: 7 } as const;
    opened(undefined, { setAside });
    opened(undefined, { setAside });
    expect(store.health().setAside).toEqual(setAside);
    expect(states).toEqual(['opening', 'ok']);
  });
});

describe('writing', () => {
  it('sends one batch a second and the next only after the acknowledgement', async () => {
    const { store, clock, sent, acknowledge, told } = await anOpenStore();
    store.record([sample(1)]);
    store.append([notice('one'), notice('two')]);
    expect(sent('batch')).toEqual([]);
    await clock.advance(1000);
    expect(sent('batch')).toHaveLength(1);
    store.append([notice('three')]);
    await clock.advance(900);
    expect(sent('batch')).toHaveLength(1);
    acknowledge(41);
    await clock.advance(100);
    expect(sent('batch')).toHaveLength(2);
    expect(told.map(({ sequence, message }) => `${sequence} ${message}`)).toEqual(['41 one', '42 two']);
  });

  it('does not wait a second while more than a batch is queued', async () => {
    const { store, clock, sent, acknowledge } = await anOpenStore();
    store.record(Array.from({ length: 12_000 }, (_, index) => sample(index)));
    await clock.advance(1000);
    acknowledge();
    acknowledge();
    expect(sent('batch').map(({ batch }) => batch.samples?.values.length)).toEqual([5000, 5000]);
    await clock.advance(1000);
    expect(sent('batch')).toHaveLength(3);
  });

  it('repeats a batch on a full disk every 10 s, tells viewers meanwhile, and says when it works again', async () => {
    const { store, clock, sent, acknowledge, full, told, states } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    full();
    expect(store.health()).toMatchObject({ state: 'full', queuedEvents: 1 });
    store.append([notice('two')]);
    expect(told.map(({ sequence, message }) => `${sequence} ${message}`)).toEqual(['-1 one', '-2 two']);
    await clock.advance(11_000);
    expect(sent('batch').map(({ batch }) => batch.number)).toEqual([1, 1]);
    acknowledge();
    expect(store.health().state).toBe('ok');
    expect(states).toEqual(['ok', 'full', 'ok']);
    await clock.advance(1000);
    expect(sent('batch').at(-1)?.batch).toMatchObject({ number: 2, events: [{ message: 'two' }] });
    acknowledge(2);
    expect(told).toHaveLength(2);
  });

  it('gives a batch up that fails by a defect three times', async () => {
    const { store, clock, say, sent } = await anOpenStore();
    store.append([notice('poison')]);
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(10_000);
      say({ kind: 'trouble', trouble: { state: 'failed', message: 'a defect', defect: true } });
    }
    expect(store.health()).toMatchObject({ droppedEvents: 1, queuedEvents: 0 });
    store.append([notice('fine')]);
    await clock.advance(11_000);
    expect(sent('batch').at(-1)?.batch).toMatchObject({ events: [{ message: 'fine' }] });
  });

  it('publishes the newest files, one at a time, also on a full disk', async () => {
    const { store, clock, say, sent, full } = await anOpenStore();
    for (const text of ['a', 'b']) store.publish({ text, json: '{}' });
    await clock.advance(1000);
    for (const text of ['c', 'd']) store.publish({ text, json: '{}' });
    await clock.advance(1000);
    expect(sent('publish').map(({ text }) => text)).toEqual(['b']);
    full();
    say({ kind: 'published', error: 'ENOSPC' });
    await clock.advance(9000);
    expect(sent('publish').map(({ text }) => text)).toEqual(['b']);
    await clock.advance(2000);
    expect(sent('publish').map(({ text }) => text)).toEqual(['b', 'd']);
  });
});

describe('silence', () => {
  it('is a stall after 5 s: questions are refused at once, and all is well when the answer comes', async () => {
    const { store, clock, acknowledge, states, told } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    const waiting = store.series(aQuery);
    await clock.advance(2000);
    expect(await waiting).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('within 2 s') });
    await clock.advance(2500);
    expect(store.health().state).toBe('ok');
    await clock.advance(1000);
    expect(store.health()).toMatchObject({ state: 'stalled', message: expect.stringContaining('/data') });
    expect(await store.series(aQuery)).toMatchObject({ kind: 'unavailable' });
    expect(store.disk().stalledForMs).toBeGreaterThanOrEqual(5000);
    expect(told).toMatchObject([{ sequence: -1 }]);
    acknowledge();
    expect(store.health().state).toBe('ok');
    expect(states).toEqual(['ok', 'stalled', 'ok']);
  });

  it('is not counted while the agent itself was away', async () => {
    const { store, clock, pause } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    pause(60_000);
    await clock.advance(4000);
    expect(store.health().state).toBe('ok');
    await clock.advance(3000);
    expect(store.health().state).toBe('stalled');
  });

  it('is not seen in the moment in which the agent is back, before its first tick', async () => {
    const { store, clock, pause, states, acknowledge } = await anOpenStore({ probesComeBack: false });
    store.append([notice('one')]);
    await clock.advance(1100);
    pause(60_000);
    expect(store.disk().stalledForMs).toBe(0);
    acknowledge();
    expect(states).toEqual(['ok']);
    await clock.advance(6000);
    expect(states).toEqual(['ok', 'stalled']);
  });

  it('shows at a probe of the disk that does not come back', async () => {
    const { store, clock, say, sent } = await anOpenStore({ probesComeBack: false });
    expect(store.disk()).toMatchObject({ samples: [], error: expect.any(String) });
    await clock.advance(1000);
    expect(sent('heartbeat').map(({ probe }) => probe)).toEqual([true]);
    say({ kind: 'probed', at: 5, durationMs: 2 });
    expect(store.disk()).toEqual({ directory: '/data', samples: [{ at: 5, durationMs: 2 }], stalledForMs: 0 });
    await clock.advance(5000);
    expect(sent('heartbeat').filter(({ probe }) => probe)).toHaveLength(2);
    await clock.advance(4000);
    expect(store.disk().stalledForMs).toBe(4000);
    await clock.advance(2000);
    expect(store.health().state).toBe('stalled');
    expect(sent('heartbeat').filter(({ probe }) => probe)).toHaveLength(2);
  });

  it('keeps the newest 32 measurements', async () => {
    const { store, say } = await anOpenStore({ probesComeBack: false });
    for (let at = 0; at < 50; at += 1) say({ kind: 'probed', at, durationMs: 1 });
    expect(store.disk().samples.map(({ at }) => at)).toEqual(Array.from({ length: 32 }, (_, index) => index + 18));
    say({ kind: 'probed', error: 'EIO' });
    expect(store.disk()).toMatchObject({ error: 'EIO' });
  });
});

describe('a process that dies', () => {
  it('is opening again, failed after three times, and its batch is sent again', async () => {
    const { store, clock, die, opened, sent, acknowledge, states } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    for (const again of [1, 2, 3]) die(again);
    expect(states).toEqual(
      ['ok', 'opening', 'opening', 'failed'].filter((state, index, all) => state !== all[index - 1]),
    );
    expect(store.health().message).toContain('SIGKILL');
    opened();
    expect(store.health().state).toBe('failed');
    expect(sent('batch').map(({ batch }) => batch.number)).toEqual([1, 1]);
    acknowledge();
    expect(store.health().state).toBe('ok');
  });

  it('may have written the batch before: then it is not sent again', async () => {
    const { store, clock, die, opened, sent, told } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    const batch = sent('batch')[0]?.batch;
    die(1);
    opened({ run: batch?.run ?? '', number: 1, firstSequence: 17 });
    expect(sent('batch')).toHaveLength(1);
    expect(told).toMatchObject([{ sequence: 17, message: 'one' }]);
    expect(store.health()).toMatchObject({ state: 'ok', queuedEvents: 0 });
  });

  it('is not believed to have written a batch of another run', async () => {
    const { store, clock, die, opened, sent } = await anOpenStore();
    store.append([notice('one')]);
    await clock.advance(1000);
    die(1);
    opened({ run: 'another', number: 99, firstSequence: 17 });
    expect(sent('batch').map(({ batch }) => batch.number)).toEqual([1, 1]);
  });

  it('loses its questions, which are answered at once', async () => {
    const { store, die } = await anOpenStore();
    const waiting = store.series(aQuery);
    die(1);
    expect(await waiting).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ended') });
  });

  it('that three times dies of the same batch loses it', async () => {
    const { store, clock, die, opened } = await anOpenStore();
    store.append([notice('deadly')]);
    for (const again of [1, 2, 3]) {
      await clock.advance(1000);
      die(again);
      opened();
    }
    expect(store.health()).toMatchObject({ droppedEvents: 1 });
  });
});

describe('questions', () => {
  it('are answered by the process, also while the disk is full', async () => {
    const { store, sent, say, full } = await anOpenStore();
    full();
    const answer = store.series(aQuery);
    const id = sent('series')[0]?.id ?? 0;
    say({ kind: 'answer', id, series: [] });
    expect(await answer).toEqual({ kind: 'answer', value: [] });
    const refused = store.series(aQuery);
    say({ kind: 'answer', id: sent('series')[1]?.id ?? 0, error: 'the database is not open' });
    expect(await refused).toEqual({ kind: 'unavailable', message: 'the database is not open' });
  });

  it('are bounded', async () => {
    const { store, sent } = await anOpenStore();
    const answers = Array.from({ length: 33 }, () => store.series(aQuery));
    expect(await answers[32]).toMatchObject({ kind: 'unavailable' });
    expect(sent('series')).toHaveLength(32);
  });

  it('to the timeline are answered from memory where that has it all', async () => {
    const { store, sent } = await anOpenStore();
    store.append([notice('one')]);
    expect(await store.timeline({ from: 0, to: 5, limit: 10 })).toMatchObject({
      kind: 'answer',
      value: [{ sequence: -1, message: 'one' }],
    });
    expect(sent('timeline')).toEqual([]);
  });

  it('to the timeline are whole: what is not stored yet is added to what the process says', async () => {
    const fixture = aStore();
    void fixture.store.open();
    fixture.opened(undefined, { allEvents: false, events: [{ ...notice('newest'), at: 0, sequence: 500 }] });
    fixture.store.append([notice('unstored')]);
    const answer = fixture.store.timeline({ from: 0, to: 5, limit: 2 });
    const id = fixture.sent('timeline')[0]?.id ?? 0;
    const events = [500, 499].map((sequence) => ({ ...notice(`${sequence}`), at: 0, sequence }));
    fixture.say({ kind: 'answer', id, events });
    expect(await answer).toMatchObject({ kind: 'answer', value: [{ message: 'unstored' }, { sequence: 500 }] });
  });

  it('to the timeline are unavailable, not half answered, when the process is away', async () => {
    const fixture = aStore();
    void fixture.store.open();
    fixture.opened(undefined, { allEvents: false, events: [{ ...notice('newest'), sequence: 500 }] });
    fixture.die(1);
    expect(await fixture.store.timeline({ from: 0, to: 5, limit: 10 })).toMatchObject({ kind: 'unavailable' });
  });
});

describe('closing', () => {
  it('writes what waits, ends the process and lets it go', async () => {
    const { store, clock, sent, acknowledge, say, exit, link } = await anOpenStore();
    store.append([notice('last')]);
    store.publish({ text: 'last', json: '{}' });
    const closed = store.close(3000);
    expect(sent('batch')).toHaveLength(1);
    acknowledge();
    expect(sent('close')).toEqual([]);
    say({ kind: 'published' });
    expect(sent('close')).toHaveLength(1);
    exit();
    expect(await closed).toBe('flushed');
    expect(link.released).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('gives up in time', async () => {
    const { store, clock, link, sent } = await anOpenStore();
    store.append([notice('last')]);
    const closed = store.close(3000);
    await clock.advance(2999);
    expect(link.released).toBe(false);
    await clock.advance(1);
    expect(await closed).toBe('abandoned');
    expect(link.released).toBe(true);
    expect(sent('close')).toEqual([]);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('tries a full disk once more, and then gives up at once', async () => {
    const { store, clock, sent, full } = await anOpenStore();
    store.append([notice('last')]);
    await clock.advance(1000);
    full();
    const closed = store.close(3000);
    expect(sent('batch')).toHaveLength(2);
    full();
    expect(await closed).toBe('abandoned');
  });

  it('is the same however often it is asked for', async () => {
    const { store, exit } = await anOpenStore();
    const both = [store.close(1000), store.close(1000)];
    exit();
    expect(await Promise.all(both)).toEqual(['flushed', 'flushed']);
  });
});
