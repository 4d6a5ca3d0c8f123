/** A prober and a responder, and a path between them that lets only so much through. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { type Counters, createCounters } from './counters.ts';
import { authorPrefix } from './datagram.ts';
import { createHeardTable } from './heard.ts';
import { createKeyring } from './keys.ts';
import type { Observation, ProbeTarget } from './observation.ts';
import { type Prober, createProber } from './prober.ts';
import { type Responder, createResponder } from './responder.ts';
import { HEADER_BYTES, isSizeDatagram } from './size-datagram.ts';

const KEY = Buffer.alloc(32, 1);
const [HERE, THERE] = ['192.0.2.1', '192.0.2.2'];
const [SMALL, LARGE] = [Buffer.alloc(32, 0xaa), Buffer.alloc(32, 0xbb)];
const STATE = { boot: 1, sequence: 1, digest: new Uint8Array(8) };

let clock: FakeClock;
/** This end has the larger key. */
let isLarger: boolean;
let prober: Prober;
let responder: Responder;
let seen: Observation[];
let counters: Counters;
/** Own address → MTU, of both ends. */
let mtus: Map<string, number>;
/** With headers: what is longer gets lost. */
let largestBytes: { there: number; back: number };
/** Lengths of what was sent by the prober, with headers, and when. */
let sent: { readonly at: number; readonly bytes: number; readonly isSize: boolean }[];
/** False: the other end is an agent that knows nothing of these. */
let isTesting: boolean;
/** What a router does with a datagram that is too long. */
let refuse: (fail: (code: string) => void) => void;

const target = (host = THERE): ProbeTarget => ({
  peerId: 'p',
  authorKey: isLarger ? SMALL : LARGE,
  addresses: [{ host, port: 7576 }],
  paceMs: 1000,
});
const longOnes = () => sent.filter(({ isSize, bytes }) => isSize && bytes > 200);
const fullSize = () => prober.fullSizes().get('p');

function begin(self: Uint8Array = SMALL): void {
  isLarger = self === LARGE;
  const random = createRandom(1);
  const keys = createKeyring([KEY]);
  counters = createCounters();
  const shared = { clock, keys, state: () => STATE, mtuOf: (address: string) => mtus.get(address) ?? 0 };
  responder = createResponder({
    ...shared,
    self: authorPrefix(isLarger ? SMALL : LARGE),
    heard: createHeardTable(),
    counters: createCounters(),
    onPing: () => {},
  });
  prober = createProber({
    ...shared,
    self: authorPrefix(self),
    heard: createHeardTable(),
    counters,
    random: () => random.next(),
    onAway: () => {},
    report: (observation) => seen.push(observation),
    openChannel: (_address, events) => ({
      localAddress: () => HERE,
      close: () => {},
      send(message) {
        const bytes = message.byteLength + HEADER_BYTES;
        sent.push({ at: clock.monotonic(), bytes, isSize: isSizeDatagram(message) });
        if (bytes > largestBytes.there) return refuse((code) => events.failed(code));
        const copy = Uint8Array.from(message);
        const back = (answer: Uint8Array): void => {
          if (answer.byteLength + HEADER_BYTES <= largestBytes.back) clock.after(1, () => events.message(answer));
        };
        if (isTesting || !isSizeDatagram(copy)) clock.after(1, () => responder.handle(copy, back, THERE));
      },
    }),
  });
}

beforeEach(() => {
  clock = createFakeClock();
  seen = [];
  sent = [];
  mtus = new Map([
    [HERE, 1500],
    [THERE, 1500],
  ]);
  largestBytes = { there: Infinity, back: Infinity };
  refuse = () => {};
  isTesting = true;
  begin();
});

it('tries soon whether datagrams as long as the smaller MTU of both ends pass', async () => {
  mtus.set(THERE, 1400);
  prober.setPlan([target()]);
  await clock.advance(5000);
  expect(fullSize()).toEqual({ bytes: 1400, misses: 0 });
  expect(longOnes().map(({ bytes }) => bytes)).toEqual([1400]);
  expect(counters).toMatchObject({ sizePingsSent: 2, unasked: 0, malformed: 0, sendFailures: 0 });
});

it.each([
  [1, 1500],
  [16, 1500],
  [1, 9000],
])('with %i peers and an MTU of %i costs a few bytes a second', async (peers, mtu) => {
  mtus = new Map([
    [HERE, mtu],
    [THERE, mtu],
  ]);
  prober.setPlan(Array.from({ length: peers }, (_, index) => ({ ...target(), peerId: `p${index}`, paceMs: 15_000 })));
  await clock.advance(60_000);
  const before = sent.length;
  await clock.advance(3_600_000);
  const bytes = sent.slice(before).reduce((sum, one) => sum + (one.isSize ? one.bytes : 0), 0);
  // Of a whole neighbourhood: an agent tests half of its pairs, in the mean.
  const isWhole = peers === 16;
  expect(bytes / 3600).toBeLessThan(isWhole ? 50 : 25);
  expect(bytes / 3600).toBeGreaterThan(mtu === 9000 ? 4 : 15);
});

describe('where long datagrams get lost', () => {
  it.each(['there', 'back'] as const)('%s, it counts those that follow a short one that was answered', async (way) => {
    prober.setPlan([target()]);
    await clock.advance(5000);
    largestBytes = { ...largestBytes, [way]: 1499 };
    prober.testSize('p');
    await clock.advance(60_000);
    expect(fullSize()?.misses).toBeGreaterThan(12);
    // Nobody is called slow or lost for it.
    expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['answered']));
    const certain = longOnes().length;
    await clock.advance(60_000);
    expect(longOnes().length - certain).toBeLessThanOrEqual(3);
    largestBytes = { there: Infinity, back: Infinity };
    await clock.advance(33_000);
    expect(fullSize()).toEqual({ bytes: 1500, misses: 0 });
  });

  it('of eight peers, it costs little once there is no doubt', async () => {
    prober.setPlan(Array.from({ length: 8 }, (_, index) => ({ ...target(), peerId: `p${index}`, paceMs: 15_000 })));
    largestBytes = { there: 1499, back: Infinity };
    await clock.advance(600_000);
    const before = longOnes().length;
    await clock.advance(600_000);
    expect(((longOnes().length - before) * 1500) / 600).toBeLessThan(450);
  });

  it('it says nothing any more once the other end tests no more, as an agent that was rolled back', async () => {
    prober.setPlan([target()]);
    await clock.advance(5000);
    largestBytes = { ...largestBytes, there: 1499 };
    prober.testSize('p');
    await clock.advance(60_000);
    expect(fullSize()?.misses).toBeGreaterThan(12);
    isTesting = false;
    await clock.advance(300_000);
    expect(fullSize()).toBeUndefined();
  });

  it('and short ones, too, it says nothing', async () => {
    prober.setPlan([target()]);
    await clock.advance(5000);
    largestBytes = { there: 0, back: 0 };
    prober.testSize('p');
    await clock.advance(60_000);
    expect(fullSize()).toEqual({ bytes: 1500, misses: 0 });
  });

  it('it says nothing once a router told how much fits, and no probe is missed for that', async () => {
    prober.setPlan([target()]);
    await clock.advance(5000);
    largestBytes = { there: 1400, back: Infinity };
    refuse = (fail) => fail('EMSGSIZE');
    prober.testSize('p');
    await clock.advance(60_000);
    expect(fullSize()).toEqual({ bytes: 1500, misses: 0 });
    expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['answered']));
    expect(counters.sendFailures).toBe(0);
  });

  it('it begins anew when an end has another MTU', async () => {
    prober.setPlan([target()]);
    await clock.advance(5000);
    largestBytes = { there: 1400, back: 1400 };
    prober.testSize('p');
    await clock.advance(60_000);
    mtus.set(THERE, 1400);
    await clock.advance(35_000);
    expect(fullSize()).toEqual({ bytes: 1400, misses: 0 });
  });
});

it('tries again where a path was silent: it may lead another way now', async () => {
  prober.setPlan([target()]);
  await clock.advance(30_000);
  const before = longOnes().length;
  largestBytes = { there: 0, back: 0 };
  await clock.advance(4000);
  largestBytes = { there: 1400, back: 1400 };
  await clock.advance(10_000);
  expect(longOnes().length).toBeGreaterThan(before);
  await clock.advance(20_000);
  expect(fullSize()?.misses).toBeGreaterThan(5);
});

it('is not tried again and again where connections break all the time', async () => {
  prober.setPlan([target()]);
  await clock.advance(5000);
  const before = longOnes().length;
  for (let second = 0; second < 60; second += 1) {
    prober.testSize('p');
    await clock.advance(1000);
  }
  expect(longOnes().length - before).toBeLessThanOrEqual(4);
});

describe('is not tried', () => {
  it.each<[string, () => void]>([
    ['by the end whose key is the larger one', () => begin(LARGE)],
    ['where that of the other end is not known', () => mtus.delete(THERE)],
    ['where an interface is none that frames leave by', () => mtus.set(HERE, 65_536).set(THERE, 65_536)],
    ['where nothing is longer than a probe', () => mtus.set(HERE, 100)],
  ])('%s', async (_, change) => {
    change();
    prober.setPlan([target()]);
    await clock.advance(300_000);
    expect(longOnes()).toEqual([]);
    expect(prober.fullSizes().size).toBe(0);
  });

  it.each<[string, string, () => void]>([
    ['over IPv6', '2001:db8::2', () => {}],
    ['where the own MTU is not known', THERE, () => mtus.delete(HERE)],
  ])('%s, not even with a short one', async (_, address, change) => {
    change();
    prober.setPlan([target(address)]);
    await clock.advance(300_000);
    expect(sent.some(({ isSize }) => isSize)).toBe(false);
  });

  it('with an agent that does not know how', async () => {
    const old = responder;
    responder = {
      handle(message, reply, at) {
        if (!isSizeDatagram(message)) old.handle(message, reply, at);
      },
    };
    prober.setPlan([target()]);
    await clock.advance(300_000);
    expect(longOnes()).toEqual([]);
    expect(prober.fullSizes().size).toBe(0);
  });
});

it('says nothing of what was under way while this process stood still, or moved', async () => {
  prober.setPlan([target()]);
  await clock.advance(5000);
  largestBytes = { there: 1400, back: 1400 };
  prober.testSize('p');
  for (let round = 0; round < 200; round += 1) {
    await clock.advance(100);
    prober.renewSockets();
  }
  expect(fullSize()).toEqual({ bytes: 1500, misses: 0 });
});
