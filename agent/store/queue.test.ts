import { describe, expect, it } from 'vitest';
import type { EventSighting } from '../model/cluster-event.ts';
import type { Sample } from '../model/history.ts';
import type { LoggedEvent } from './event-memory.ts';
import { createQueue } from './queue.ts';

const samples = (count: number, first = 0): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    at: first + index,
    key: { node: 'n', check: 'c', reading: `r${index % 3}`, ...(index % 2 === 0 && { subject: '/' }) },
    value: first + index,
  }));

const events = (count: number, first = 1): LoggedEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    event: { kind: 'agent-notice', at: index, node: 'n', message: `event ${first + index}` },
    ordinal: first + index,
    addedAt: 0,
    announced: false,
  }));

const sightings = (count: number, first = 0): EventSighting[] =>
  Array.from({ length: count }, (_, index) => ({
    added: 1,
    event: {
      uid: `uid-${first + index}`,
      type: 'Warning',
      reason: 'BackOff',
      message: '',
      kind: 'Pod',
      namespace: '',
      name: 'x',
      objectUid: '',
      component: 'kubelet',
      firstAt: first + index,
      at: first + index,
      count: 1,
    },
  }));

describe('who was removed from the cluster', () => {
  it('is forgotten with the next batch, and again when that is given up; what is added later stays', () => {
    const queue = createQueue('run');
    const envelope = (key: string, byte: number) => ({ key, bytes: Uint8Array.of(byte), madeAt: 5 });
    queue.addEnvelopes([envelope('a/report', 1), envelope('a/event/e/1', 2), envelope('b/report', 3)]);
    queue.forgetEnvelopes(['a']);
    queue.addEnvelopes([envelope('a/binding', 4)]);

    const batch = queue.take();
    expect(batch?.forgotten).toEqual(['a']);
    expect(batch?.envelopes?.map(({ key }) => key).sort()).toEqual(['a/binding', 'a/event/e/1', 'b/report']);
    queue.drop();
    expect(queue.isEmpty()).toBe(false);
    expect(queue.take()).toMatchObject({ forgotten: ['a'] });
    queue.settle({ firstSequence: 1 });
    expect(queue.isEmpty()).toBe(true);
  });
});

describe('batches', () => {
  it('are numbered, and only one is under way', () => {
    const queue = createQueue('run');
    expect(queue.take()).toBeUndefined();
    queue.addSamples(samples(4));
    queue.addEvents(events(2));
    queue.setDocuments({ seen: { etcd: 1 } });
    const batch = queue.take();
    expect(batch).toMatchObject({ run: 'run', number: 1, documents: { seen: { etcd: 1 } } });
    expect(batch?.events).toHaveLength(2);
    expect(queue.take()).toBeUndefined();
    expect(queue.inFlight()).toBe(batch);
    queue.addEvents(events(1, 3));
    expect(queue.pendingEvents().map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
    expect(queue.settle({ firstSequence: 40 }).map(({ sequence }) => sequence)).toEqual([40, 41]);
    expect(queue.take()).toMatchObject({ number: 2, documents: {} });
    expect(queue.isEmpty()).toBe(false);
    queue.settle({ firstSequence: 42 });
    expect(queue.isEmpty()).toBe(true);
  });

  it('tell the peers events that are new from those that were there', () => {
    const queue = createQueue('run');
    queue.addEvents(events(1));
    queue.addPeerEvents(events(3, 2).map((event) => ({ ...event, origin: `p/e/${event.ordinal}` })));
    queue.take();
    const settled = queue.settle({ firstSequence: 40, peerSequences: [41, 7, 42] });
    expect(settled.map(({ sequence, announced }) => [sequence, announced])).toEqual([
      [40, false],
      [41, false],
      [7, true],
      [42, false],
    ]);
  });

  it('hold what the mesh has to keep', () => {
    const queue = createQueue('run');
    queue.addEnvelopes([{ key: 'a/report', bytes: Uint8Array.of(1), madeAt: 5 }]);
    expect(queue.isEmpty()).toBe(false);
    expect(queue.take()?.envelopes).toEqual([{ key: 'a/report', bytes: Uint8Array.of(1), madeAt: 5 }]);
    queue.settle({ firstSequence: 1 });
    expect(queue.isEmpty()).toBe(true);
  });

  it('name every series once and keep the order', () => {
    const queue = createQueue('run');
    queue.addSamples(samples(12));
    const columns = queue.take()?.samples;
    expect(columns?.keys).toHaveLength(6);
    expect([...(columns?.values ?? [])]).toEqual(samples(12).map(({ value }) => value));
    const named = [...(columns?.series ?? [])].map((place) => columns?.keys[place]);
    expect(named).toEqual(samples(12).map(({ key }) => key));
  });

  it('hold the latest document of each kind', () => {
    const queue = createQueue('run');
    queue.setDocuments({ results: [], seen: { a: 1 } });
    queue.setDocuments({ seen: { a: 2 } });
    expect(queue.take()?.documents).toEqual({ results: [], seen: { a: 2 } });
  });
});

describe('bounds', () => {
  it('drops the oldest samples and counts them', () => {
    const queue = createQueue('run');
    queue.addSamples(samples(15_000));
    queue.addSamples(samples(15_000, 15_000));
    expect(queue.counts()).toMatchObject({ queuedSamples: 20_000, droppedSamples: 10_000 });
    expect(queue.take()?.samples?.values[0]).toBe(10_000);
  });

  it('keeps events while samples are dropped, and drops the oldest of them last', () => {
    const queue = createQueue('run');
    queue.addEvents(events(100));
    queue.addSamples(samples(50_000));
    expect(queue.counts()).toMatchObject({ queuedEvents: 100, droppedEvents: 0, droppedSamples: 30_000 });
    queue.addEvents(events(6000, 101));
    expect(queue.counts()).toMatchObject({ queuedEvents: 5000, droppedEvents: 1100 });
  });

  it('never drops what is under way', () => {
    const queue = createQueue('run');
    queue.addSamples(samples(100));
    const batch = queue.take();
    queue.addSamples(samples(50_000));
    expect(queue.inFlight()).toBe(batch);
    expect(queue.counts()).toMatchObject({ queuedSamples: 20_100 });
  });

  it('gives what peers say a share of its own', () => {
    const queue = createQueue('run');
    queue.addEvents(events(100));
    queue.addSamples(samples(100));
    queue.addPeerEvents(events(9000, 101).map((event) => ({ ...event, origin: `p/e/${event.ordinal}` })));
    queue.addPeerSamples(samples(9000));
    expect(queue.counts()).toEqual({
      queuedSamples: 5100,
      droppedSamples: 4000,
      queuedEvents: 2100,
      droppedEvents: 7000,
    });
    const batch = queue.take();
    expect([batch?.events.length, batch?.samples?.values.length]).toEqual([100, 100]);
    expect(batch?.peerEvents?.[0]).toMatchObject({ message: 'event 7101', origin: 'p/e/7101' });
    expect(batch?.peerSamples?.values[0]).toBe(4000);
  });

  it('says of events of the cluster until when some were given up, also with a batch', () => {
    const queue = createQueue('run');
    queue.addSightings(sightings(5000));
    expect(queue.sightingsLostUntil()).toBeUndefined();
    queue.addSightings(sightings(3, 5000));
    expect(queue.sightingsLostUntil()).toBe(2);
    expect(queue.counts()).toMatchObject({ droppedEvents: 3 });
    queue.take();
    queue.drop();
    expect(queue.sightingsLostUntil()).toBe(1002);
    expect(queue.counts()).toMatchObject({ droppedEvents: 1003 });
  });

  it('leaves out what is no measurement', () => {
    const queue = createQueue('run');
    const [sample] = samples(1);
    if (sample === undefined) throw new Error('no sample');
    queue.addSamples([
      { ...sample, value: Number.NaN },
      { ...sample, value: Number.POSITIVE_INFINITY },
      { ...sample, at: Number.NaN },
      { ...sample, at: 1e300 },
    ]);
    expect(queue.isEmpty()).toBe(true);
  });

  it('gives a batch up, counts it and keeps its documents', () => {
    const queue = createQueue('run');
    queue.addSamples(samples(7));
    queue.addEvents(events(3));
    queue.setDocuments({ seen: { etcd: 1 }, results: [] });
    queue.take();
    queue.setDocuments({ seen: { etcd: 2 } });
    queue.drop();
    expect(queue.counts()).toEqual({ queuedSamples: 0, droppedSamples: 7, queuedEvents: 0, droppedEvents: 3 });
    expect(queue.take()).toMatchObject({ number: 2, documents: { seen: { etcd: 2 }, results: [] } });
  });
});
