import { describe, expect, it } from 'vitest';
import { EVENTS, NOON } from '../../../test/lib/fixtures.ts';
import { createRandom } from '../../../test/lib/random.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import { envelopeOverhead } from '../envelope/envelope.ts';
import { MAX_EDGE_CHANGES, MAX_EVENT_BYTES, type WireEvent, decodeEvent, encodeEvent, makeEpoch } from './event.ts';
import { brokenPayload, faultsIn } from './testing.ts';

const PLACE = { boot: 3, sequence: 1207, contentSequence: 1180, epoch: 'AQIDBAUGBwg', place: 7 };
const CLEARED: TimelineEvent = {
  kind: 'cleared',
  at: NOON,
  node: 'node-a',
  check: 'disk-space',
  reason: 'DiskFull',
  subject: '/var',
  severity: 'warning',
  message: '12 GiB free',
};

/** The wire form stays: these vectors may never change, only grow at their end. */
const EDGES: WireEvent = {
  kind: 'edges',
  at: NOON,
  node: 'node-a',
  edges: [{ peer: 'AQIDBAUGBwg', state: 'lost' }, { peer: 'BQIDBAUGBwg' }],
};
const GOLDEN: readonly (readonly [WireEvent, string])[] = [
  [EDGES, '[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767268800000,"edges",[["AQIDBAUGBwg",1],["BQIDBAUGBwg",null]]]'],
  [
    CLEARED,
    '[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767268800000,"cleared","disk-space","DiskFull","warning","12 GiB free","/var"]',
  ],
  [
    event(0),
    '[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767268080000,"raised","kubelet","KubeletDown","critical","http://127.0.0.1:10248/healthz refused the connection"]',
  ],
  [
    event(1),
    '[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767265800000,"changed","memory-pressure","none","unknown","the kernel offers no /proc/pressure"]',
  ],
  [event(2), '[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767265200000,"agent-started","Meerkat 0.1.0 started"]'],
];

function event(index: number): TimelineEvent {
  const found = EVENTS[index];
  if (found === undefined) throw new Error(`no event ${index}`);
  const { sequence: _sequence, ...rest } = found;
  return rest;
}

describe('event', () => {
  it.each(GOLDEN)('has the form that it always had, and comes back: %#', (original, text) => {
    const payload = encodeEvent(PLACE, original);

    expect(Buffer.from(payload).toString()).toBe(text);
    expect(decodeEvent(payload)).toEqual({
      header: { boot: 3, sequence: 1207, contentSequence: 1180, node: 'node-a' },
      epoch: PLACE.epoch,
      place: 7,
      event: original,
    });
  });

  it('of a kind that nobody knows is no news and no fault', () => {
    const payload = Buffer.from('[3,1207,1180,"node-a","AQIDBAUGBwg",7,1767268800000,"something-new",["?"]]');

    expect(decodeEvent(payload)?.event).toEqual({ kind: 'other', name: 'something-new', at: NOON, node: 'node-a' });
  });

  it.each([
    ['plain', 'x'.repeat(5000), '/'],
    ['two bytes a character', 'ö'.repeat(300), '/var'],
    ['six bytes a character', '\ud800'.repeat(300), '/var'],
    ['escaped', '"'.repeat(300), '\\'.repeat(5000)],
  ])('fits into 512 bytes: %s', (_, message, subject) => {
    const payload = encodeEvent(PLACE, { ...CLEARED, message, subject });

    expect(payload.length + envelopeOverhead('event')).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(payload.length + envelopeOverhead('event')).toBeGreaterThan(MAX_EVENT_BYTES - 60);
    expect(decodeEvent(payload)?.event).toMatchObject({ reason: 'DiskFull', message: /…$/ });
  });

  it('has room for the changes of 12 edges', () => {
    const edges = Array.from({ length: 20 }, () => ({ peer: 'AQIDBAUGBwg', state: 'lost' as const }));
    const place = { ...PLACE, boot: 4_294_967_295, sequence: 999_999, contentSequence: 999_999, place: 99_999_999 };
    const payload = encodeEvent(place, { ...EDGES, node: 'n'.repeat(100), edges });

    expect(payload.length + envelopeOverhead('event')).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(decodeEvent(payload)?.event).toMatchObject({ edges: edges.slice(0, MAX_EDGE_CHANGES) });
  });

  it('withdraws what a newer version says of an edge', () => {
    const payload = Buffer.from('[3,7,7,"node-a","AQIDBAUGBwg",7,1767268800000,"edges",[["AQIDBAUGBwg",9]]]');

    expect(decodeEvent(payload)?.event).toMatchObject({ edges: [{ peer: 'AQIDBAUGBwg' }] });
  });

  it('is sent by sync alone when only its names have no room', () => {
    const payload = encodeEvent(PLACE, {
      ...CLEARED,
      node: 'n'.repeat(253),
      check: 'c'.repeat(63),
      reason: 'R'.repeat(64),
    });

    expect(payload.length + envelopeOverhead('event')).toBeGreaterThan(MAX_EVENT_BYTES);
    expect(decodeEvent(payload)?.event).toMatchObject({ node: 'n'.repeat(253), message: '…' });
  });

  it.each([
    ['no epoch', [3, 7, 7, 'node-a', '', 7, NOON, 'agent-started', 'x']],
    ['an instant that no date holds', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, 9e15, 'agent-started', 'x']],
    ['half an instant', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, 0.5, 'agent-started', 'x']],
    ['a kind with an escape', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, NOON, '\u001b[0m', 'x']],
    ['another severity', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, NOON, 'raised', 'a', 'B', 'fatal', 'x']],
    ['a change to nothing', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, NOON, 'changed', 'a', 'ok', 'none', 'x']],
    ['no place', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 0, NOON, 'agent-started', 'x']],
    ['an edge to nobody', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, NOON, 'edges', [['node-b', 1]]]],
    ['no message', [3, 7, 7, 'node-a', 'AQIDBAUGBwg', 7, NOON, 'agent-started']],
  ])('is refused with %s', (_, items) => {
    expect(decodeEvent(Buffer.from(JSON.stringify(items)))).toBeUndefined();
  });

  it('decodes nothing that a reader would stumble over: 10,000 broken events', () => {
    const random = createRandom(3);
    let accepted = 0;
    for (let round = 0; round < 10_000; round += 1) {
      const decoded = decodeEvent(brokenPayload(JSON.parse(random.pick(GOLDEN)[1]) as unknown[], random));
      if (decoded === undefined) continue;
      accepted += 1;
      expect(faultsIn(decoded)).toEqual([]);
      expect(() => new Date(decoded.event.at).toISOString()).not.toThrow();
    }
    expect(accepted).toBeGreaterThan(500);
  });
});

it('an epoch is 8 random bytes', () => {
  expect(makeEpoch((count) => Uint8Array.from({ length: count }, (_, at) => at + 1))).toBe('AQIDBAUGBwg');
});
