import { describe, expect, it } from 'vitest';
import type { LivenessMemory } from '../model/liveness.ts';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { aStore, anOpenStore, notice, sample } from './testing.ts';

const aQuery = { node: 'n', check: 'c', from: 0, to: 10, maxPoints: 10 };

describe('opening', () => {
  it('gives what earlier runs left', async () => {
    const { store, say, opened } = aStore(createFakeClock());
    const opening = store.open();
    expect(store.health()).toMatchObject({ state: 'opening', directory: '/data' });
    say({ kind: 'blocked', blocked: { check: 'exec', at: 5 } });
    opened(undefined, { seen: { etcd: 3 } });
    expect(await opening).toEqual({ results: [], seen: { etcd: 3 }, blocked: { check: 'exec', at: 5 } });
    expect(store.health()).toMatchObject({ state: 'ok', message: '', sizeBytes: 10 });
  });

  it('gives what the mesh left, and asks for it no more', async () => {
    const { store, sent, opened, die } = aStore(createFakeClock());
    const opening = store.open();
    const mesh = { addresses: [], members: [], envelopes: [{ bytes: Buffer.from([1, 2]), ageMs: 5 }] };
    die(1);
    opened(undefined, { mesh });
    await opening;
    const left = await store.takeMesh();
    expect(left).toMatchObject({ envelopes: [{ bytes: Uint8Array.of(1, 2), ageMs: 5 }] });
    expect(left?.envelopes[0]?.bytes).not.toBeInstanceOf(Buffer);
    expect(sent('open').map(({ mesh: wanted }) => wanted)).toEqual([true]);
    expect(await store.takeMesh()).toBeUndefined();
  });

  it('gives what the mesh left up to 15 s later, when the agent has long started', async () => {
    const { store, clock, opened } = aStore(createFakeClock());
    const opening = store.open();
    await clock.advance(14_000);
    expect(await opening).toBeUndefined();
    opened(undefined, { mesh: { addresses: [], members: [], envelopes: [] } });
    expect(await store.takeMesh()).toEqual({ addresses: [], members: [], envelopes: [] });
  });

  it('tries again for the mesh while another process holds the database', async () => {
    const { store, clock, say, sent, opened } = aStore(createFakeClock());
    void store.open();
    say({ kind: 'trouble', trouble: { state: 'failed', message: 'the database is locked', defect: false } });
    await clock.advance(11_000);
    expect(sent('open').map(({ mesh }) => mesh)).toEqual([true, true]);
    opened(undefined, { mesh: { addresses: [], members: [], envelopes: [] } });
    expect(await store.takeMesh()).toEqual({ addresses: [], members: [], envelopes: [] });
  });

  it('lets the mesh start without after 15 s', async () => {
    const { store, clock, opened } = aStore(createFakeClock());
    void store.open();
    await clock.advance(15_000);
    opened(undefined, { mesh: { addresses: [], members: [], envelopes: [] } });
    expect(await store.takeMesh()).toBeUndefined();
  });

  it('does not ask for what the mesh left after it has started', async () => {
    const { store, clock, full, sent } = aStore(createFakeClock());
    void store.open();
    full();
    expect(await store.takeMesh()).toBeUndefined();
    await clock.advance(11_000);
    expect(sent('open').map(({ mesh }) => mesh)).toEqual([true, false]);
  });

  it('goes on without after 3 s, and does not overwrite what comes late', async () => {
    const { store, clock, opened, sent } = aStore(createFakeClock());
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

  it('keeps what came late of restarted containers, until the agent has taken it up', async () => {
    const { store, clock, opened, sent } = aStore(createFakeClock());
    const memory = (pod: string): LivenessMemory => ({ restarts: { [pod]: [5] }, proving: {}, condemned: [] });
    const opening = store.open();
    await clock.advance(3000);
    expect(await opening).toBeUndefined();
    store.saveLiveness(memory('new'));
    store.onLateLiveness(() => store.saveLiveness(memory('both')));
    opened(undefined, { liveness: memory('old') });
    await clock.advance(1000);
    expect(sent('batch').map(({ batch }) => batch.documents.liveness)).toEqual([memory('both')]);
  });

  it('keeps what the notifications kept, however late it comes, until they have taken it up', async () => {
    const { store, clock, opened, sent } = aStore(createFakeClock());
    void store.open();
    const taken = store.takeAlerts();
    await clock.advance(15_000);
    expect(await taken).toBeUndefined();
    store.saveAlerts({ told: ['new'] });
    const late: unknown[] = [];
    store.onLateAlerts((memory) => {
      late.push(memory);
      store.saveAlerts({ told: ['new', 'old'] });
    });
    opened(undefined, { alerts: { told: ['old'] } });
    expect(late).toEqual([{ told: ['old'] }]);
    await clock.advance(1000);
    expect(sent('batch').map(({ batch }) => batch.documents.alerts)).toEqual([{ told: ['new', 'old'] }]);
  });

  it('hands over what was restarted, and saves it again into a database that was away', async () => {
    const { store, clock, opened, sent } = aStore(createFakeClock());
    const memory: LivenessMemory = { restarts: { pod: [5] }, proving: {}, condemned: [] };
    const opening = store.open();
    opened(undefined, { liveness: memory });
    expect(await opening).toMatchObject({ liveness: memory });
    store.saveLiveness({ ...memory, restarts: {} });
    await clock.advance(1000);
    expect(sent('batch').at(-1)?.batch.documents.liveness).toEqual({ ...memory, restarts: {} });
  });

  it('goes on at once when the database cannot be read, with the check that blocked', async () => {
    const { store, say, full } = aStore(createFakeClock());
    const opening = store.open();
    say({ kind: 'blocked', blocked: { check: 'exec', at: 5 } });
    full();
    expect(await opening).toEqual({ results: [], seen: undefined, blocked: { check: 'exec', at: 5 } });
    expect(store.health().state).toBe('full');
  });

  it('is tried again every 10 s', async () => {
    const { store, clock, full, opened, sent } = aStore(createFakeClock());
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
    const { store, states, opened } = aStore(createFakeClock());
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
    const { store, clock, sent, acknowledge, told } = await anOpenStore(createFakeClock());
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
    const { store, clock, sent, acknowledge } = await anOpenStore(createFakeClock());
    store.record(Array.from({ length: 12_000 }, (_, index) => sample(index)));
    await clock.advance(1000);
    acknowledge();
    acknowledge();
    expect(sent('batch').map(({ batch }) => batch.samples?.values.length)).toEqual([5000, 5000]);
    await clock.advance(10_000);
    expect(sent('batch')).toHaveLength(3);
  });

  it('lets samples alone wait for 10 s, takes them along with anything else, and waits for none when it is closed', async () => {
    const { store, clock, sent, acknowledge } = await anOpenStore(createFakeClock());
    const samplesOf = (): (number | undefined)[] => sent('batch').map(({ batch }) => batch.samples?.values.length);
    store.record([sample(1)]);
    await clock.advance(1000);
    acknowledge();
    store.record([sample(2)]);
    await clock.advance(9000);
    expect(samplesOf()).toEqual([1]);
    await clock.advance(1000);
    expect(samplesOf()).toEqual([1, 1]);
    acknowledge();
    store.record([sample(3)]);
    await clock.advance(3000);
    store.record([sample(4)]);
    store.append([notice('one')]);
    await clock.advance(1000);
    expect(samplesOf()).toEqual([1, 1, 2]);
    acknowledge();
    store.record([sample(5)]);
    void store.close(3000);
    expect(samplesOf()).toEqual([1, 1, 2, 1]);
  });

  it('repeats a batch on a full disk every 10 s, tells viewers meanwhile, and says when it works again', async () => {
    const { store, clock, sent, acknowledge, full, told, states } = await anOpenStore(createFakeClock());
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
    const { store, clock, say, sent } = await anOpenStore(createFakeClock());
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
    const { store, clock, say, sent, full } = await anOpenStore(createFakeClock());
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
    const { store, clock, acknowledge, states, told } = await anOpenStore(createFakeClock());
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
    const { store, clock, pause } = await anOpenStore(createFakeClock());
    store.append([notice('one')]);
    await clock.advance(1000);
    pause(60_000);
    await clock.advance(4000);
    expect(store.health().state).toBe('ok');
    await clock.advance(3000);
    expect(store.health().state).toBe('stalled');
  });

  it('is not seen in the moment in which the agent is back, before its first tick', async () => {
    const { store, clock, pause, states, acknowledge } = await anOpenStore(createFakeClock(), {
      probesComeBack: false,
    });
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
    const { store, clock, say, sent } = await anOpenStore(createFakeClock(), { probesComeBack: false });
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
    const { store, say } = await anOpenStore(createFakeClock(), { probesComeBack: false });
    for (let at = 0; at < 50; at += 1) say({ kind: 'probed', at, durationMs: 1 });
    expect(store.disk().samples.map(({ at }) => at)).toEqual(Array.from({ length: 32 }, (_, index) => index + 18));
    say({ kind: 'probed', error: 'EIO' });
    expect(store.disk()).toMatchObject({ error: 'EIO' });
  });
});

describe('a process that dies', () => {
  it('is opening again, failed after three times, and its batch is sent again', async () => {
    const { store, clock, die, opened, sent, acknowledge, states } = await anOpenStore(createFakeClock());
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
    const { store, clock, die, opened, sent, told } = await anOpenStore(createFakeClock());
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
    const { store, clock, die, opened, sent } = await anOpenStore(createFakeClock());
    store.append([notice('one')]);
    await clock.advance(1000);
    die(1);
    opened({ run: 'another', number: 99, firstSequence: 17 });
    expect(sent('batch').map(({ batch }) => batch.number)).toEqual([1, 1]);
  });

  it('loses its questions, which are answered at once', async () => {
    const { store, die } = await anOpenStore(createFakeClock());
    const waiting = store.series(aQuery);
    die(1);
    expect(await waiting).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ended') });
  });

  it('that three times dies of the same batch loses it', async () => {
    const { store, clock, die, opened } = await anOpenStore(createFakeClock());
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
    const { store, sent, say, full } = await anOpenStore(createFakeClock());
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
    const { store, sent } = await anOpenStore(createFakeClock());
    const answers = Array.from({ length: 33 }, () => store.series(aQuery));
    expect(await answers[32]).toMatchObject({ kind: 'unavailable' });
    expect(sent('series')).toHaveLength(32);
  });

  it('to the timeline are answered from memory where that has it all', async () => {
    const { store, sent } = await anOpenStore(createFakeClock());
    store.append([notice('one')]);
    expect(await store.timeline({ from: 0, to: 5, limit: 10 })).toMatchObject({
      kind: 'answer',
      value: [{ sequence: -1, message: 'one' }],
    });
    expect(sent('timeline')).toEqual([]);
  });

  it('to the timeline are whole: what is not stored yet is added to what the process says', async () => {
    const fixture = aStore(createFakeClock());
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
    const fixture = aStore(createFakeClock());
    void fixture.store.open();
    fixture.opened(undefined, { allEvents: false, events: [{ ...notice('newest'), sequence: 500 }] });
    fixture.die(1);
    expect(await fixture.store.timeline({ from: 0, to: 5, limit: 10 })).toMatchObject({ kind: 'unavailable' });
  });
});

describe('closing', () => {
  it('writes what waits, ends the process and lets it go', async () => {
    const { store, clock, sent, acknowledge, say, exit, link } = await anOpenStore(createFakeClock());
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
    const { store, clock, link, sent } = await anOpenStore(createFakeClock());
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
    const { store, clock, sent, full } = await anOpenStore(createFakeClock());
    store.append([notice('last')]);
    await clock.advance(1000);
    full();
    const closed = store.close(3000);
    expect(sent('batch')).toHaveLength(2);
    full();
    expect(await closed).toBe('abandoned');
  });

  it('is the same however often it is asked for', async () => {
    const { store, exit } = await anOpenStore(createFakeClock());
    const both = [store.close(1000), store.close(1000)];
    exit();
    expect(await Promise.all(both)).toEqual(['flushed', 'flushed']);
  });
});
