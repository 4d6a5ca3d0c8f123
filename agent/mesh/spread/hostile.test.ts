/** Neighbours that break the rules: each ends its own exchange, is counted and left alone, and nothing more. */
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { createMemoryNetwork } from '../transport/memory/network.ts';
import { type MemoryTransport, createMemoryTransport } from '../transport/memory/transport.ts';
import type { FrameStream } from '../transport/types.ts';
import { encodeHello } from './hello-frame.ts';
import { encodeOffer } from './offer-frame.ts';
import { FRAME_LIMITS, STREAM_LIMITS, SYNC_PROTOCOL } from './protocol.ts';
import { encodeRecords } from './records-frame.ts';
import { type TestAgent, startTestAgent } from './testing.ts';
import { EVENTS_TOPIC } from './topic.ts';
import { encodeWant } from './want-frame.ts';

const EVIL = testKeys(66);
const never = new AbortController().signal;

const HELLO = encodeHello({
  version: 1,
  hashesFollow: false,
  epoch: 'evil',
  head: 9,
  cursor: undefined,
  own: { boot: 1, sequence: 1 },
  heldBoot: 0,
});
const [NOTHING = new Uint8Array()] = encodeOffer({ cursor: 0, more: false, reset: false, ids: [], extents: [] });
const offerOf = (count: number, last = true): Uint8Array => {
  const ids = Array.from({ length: count }, (_, at) => ({
    author: Buffer.from([9, 9, 9, 9, 9, 9, at >> 8, at & 255]).toString('base64url'),
    type: 'report',
    run: 1,
    sequence: 1,
  }));
  const [frame = new Uint8Array()] = encodeOffer({ cursor: 1, more: false, reset: false, ids, extents: [] });
  if (!last) frame[1] = 0;
  return frame;
};
const BOMB = Uint8Array.from([5, 3, 0x80, 0x80, 0x10, ...zstdCompressSync(new Uint8Array(1 << 26))]);
const WANT_NONE = encodeWant({ wanted: [], ranges: [] });

type Play = (stream: FrameStream) => Promise<void>;
const say =
  (...frames: readonly Uint8Array[]): Play =>
  async (stream) => {
    for (const frame of frames) await stream.send(frame, never);
    await stream.receive(never);
    await stream.receive(never);
    await stream.receive(never);
  };

/** A reset is an answer to a cursor; the second time hashes were sent. */
const sayReset = say(
  HELLO,
  ...encodeOffer({ cursor: 0, more: false, reset: true, ids: [], extents: [] }),
  encodeRecords({ last: true, cut: false, records: [] }),
  encodeWant({ wanted: [false], ranges: [] }),
);

interface Stage {
  readonly clock: FakeClock;
  readonly agent: TestAgent;
  readonly evil: MemoryTransport;
  readonly start: (number: number) => Promise<TestAgent>;
}

/** The agent and a neighbour that answers every exchange with `play`. */
async function stage(play: Play): Promise<Stage> {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 2 });
  const random = createRandom(3);
  const start = (number: number) => startTestAgent({ number, network, clock, random: () => random.next() });
  const agent = await start(1);
  const evil = createMemoryTransport(
    { peerId: EVIL.peerId, listen: ['10.0.9.9:7576'], topics: [EVENTS_TOPIC] },
    network,
  );
  await evil.start();
  evil.handle(SYNC_PROTOCOL, { ...STREAM_LIMITS, deadlineMs: 60_000 }, async (stream) => play(stream));
  agent.say(agent.report(1));
  void agent.transport.connect(evil.listening(), EVIL.peerId, never);
  await clock.advance(50);
  return { clock, agent, evil, start };
}

describe('a neighbour that answers', () => {
  it.each([
    ['nonsense', 'malformed', say(Uint8Array.of(0x7f, 1, 2))],
    ['a hello of another time', 'malformed', say(Uint8Array.of(1, 0, 0))],
    ['an unknown kind of frame', 'malformed', say(HELLO, Uint8Array.of(99))],
    ['ids without end', 'too-large', say(HELLO, ...Array.from({ length: 6 }, () => offerOf(1024, false)))],
    ['reset although it has hashes', 'malformed', sayReset],
    ['empty offers without end', 'malformed', say(HELLO, offerOf(0, false))],
    [
      'a want of something else',
      'malformed',
      say(
        HELLO,
        NOTHING,
        encodeRecords({ last: true, cut: false, records: [] }),
        encodeWant({ wanted: [true, true, true], ranges: [] }),
      ),
    ],
    [
      'records that nobody asked for',
      'unasked',
      say(HELLO, NOTHING, encodeRecords({ last: true, cut: false, records: [{ ageMs: 0, bytes: Uint8Array.of(1) }] })),
    ],
    ['a bomb', 'malformed', say(HELLO, offerOf(3), BOMB)],
    [
      'empty batches without end',
      'malformed',
      say(HELLO, offerOf(3), encodeRecords({ last: false, cut: false, records: [] })),
    ],
    [
      'forged records',
      'rejected',
      say(
        HELLO,
        offerOf(30),
        encodeRecords({
          last: true,
          cut: false,
          records: Array.from({ length: 30 }, () => ({ ageMs: 0, bytes: new Uint8Array(150).fill(1) })),
        }),
      ),
    ],
    ['nothing and closes', 'closed', async () => {}],
    ['that it is busy', 'busy', say(Uint8Array.of(6))],
  ] as const)('%s: the exchange ends as %s', async (_, fault, play) => {
    const { agent } = await stage(play);

    expect(agent.spread.counts().sync.failed).toEqual({ [fault]: 1 });
  });

  it('nothing at all: the exchange ends after 5 s, and the next begins after the back-off', async () => {
    const { clock, agent } = await stage(() => new Promise(() => {}));
    await clock.advance(4900);
    const early = agent.spread.counts().sync.failed;
    await clock.advance(200);
    const first = agent.spread.counts().sync.failed;
    await clock.advance(4500);

    expect([early, first, agent.spread.counts().sync.failed]).toEqual([{}, { timeout: 1 }, { timeout: 1 }]);
  });

  it('wrongly is asked again later and later, and not at all in between', async () => {
    const { clock, agent } = await stage(say(Uint8Array.of(0x7f)));
    await clock.advance(600_000);

    // 5, 10, 20 … 300 s apart, each up to the next round.
    expect(agent.spread.counts().sync.failed['malformed']).toBeLessThanOrEqual(8);
    expect(agent.spread.counts().sync.failed['malformed']).toBeGreaterThan(4);
  });
});

describe('a neighbour that asks', () => {
  const ask = async ({ clock, evil, agent }: Stage, ...frames: readonly Uint8Array[]): Promise<string[]> => {
    const opened = evil.open(agent.keys.peerId, SYNC_PROTOCOL, FRAME_LIMITS, never);
    await clock.advance(20);
    const result = await opened;
    if (result.kind !== 'open') return [result.why];
    for (const frame of frames) await result.stream.send(frame, never);
    await clock.advance(50);
    const got: string[] = [];
    for (;;) {
      const received = result.stream.receive(AbortSignal.abort());
      const frame = await received;
      if (frame.kind !== 'frame') return got;
      got.push(String(frame.bytes[0]));
    }
  };

  it('for what was not offered gets nothing', async () => {
    const scene = await stage(say(Uint8Array.of(6)));
    const range = { author: 'AQIDBAUGBwg', epoch: 'AQIDBAUGBwg', lowest: 1, count: 4000 };
    const got = await ask(
      scene,
      HELLO,
      encodeWant({ wanted: [false], ranges: [range] }),
      NOTHING,
      encodeRecords({ last: true, cut: false, records: [] }),
    );

    expect(got).toEqual(['1', '3', '5', '4']);
    expect(scene.agent.spread.counts().sync.recordsSent).toBe(0);
  });

  it('and offers later reports of another, which there are none of, does not make that one lag', async () => {
    const scene = await stage(say(Uint8Array.of(6)));
    const { clock, agent } = scene;
    const good = await scene.start(2);
    good.say(good.report(1));
    void good.transport.connect(agent.transport.listening(), agent.keys.peerId, never);
    await clock.advance(1000);
    const id = { author: prefixOf(good.keys.author), type: 'report', run: 7, sequence: 1 };
    const [offer = new Uint8Array()] = encodeOffer({ cursor: 1, more: false, reset: false, ids: [id], extents: [] });
    const wantNone = encodeWant({ wanted: [false, false], ranges: [] });
    const got = await ask(scene, HELLO, wantNone, offer, encodeRecords({ last: true, cut: false, records: [] }));
    await clock.advance(11_000);

    expect(got.length).toBeGreaterThan(3);
    expect(agent.book.freshness(good.keys.author, true, clock.monotonic())).toBe('current');
  });

  it('and offers what others have, then stalls, keeps it away for its own exchange only', async () => {
    const scene = await stage(say(Uint8Array.of(6)));
    const { clock, agent } = scene;
    const good = await scene.start(2);
    const report = good.report(1);
    good.say(report);
    const id = { author: prefixOf(good.keys.author), type: 'report', run: 1, sequence: 1 };
    const [offer = new Uint8Array()] = encodeOffer({ cursor: 1, more: false, reset: false, ids: [id], extents: [] });
    await ask(scene, HELLO, encodeWant({ wanted: [false], ranges: [] }), offer);
    void good.transport.connect(agent.transport.listening(), agent.keys.peerId, never);
    await clock.advance(1000);
    const meanwhile = agent.book.latest(good.keys.author, 'report');
    await clock.advance(12_000);

    expect(meanwhile).toBeUndefined();
    expect(agent.book.latest(good.keys.author, 'report')?.bytes).toEqual(report);
    expect(agent.spread.counts().sync).toMatchObject({ failed: { timeout: 1 }, compared: 0 });
  });

  it('and broke the rules is told that we are busy', async () => {
    const scene = await stage(say(Uint8Array.of(6)));
    const first = await ask(scene, HELLO, WANT_NONE);
    const second = await ask(scene, HELLO);

    expect([first, second]).toEqual([['1', '3'], ['6']]);
    expect(scene.agent.spread.counts().sync).toMatchObject({ failed: { malformed: 1, busy: 1 }, refused: 1 });
  });
});

describe('a neighbour whose frames are damaged', () => {
  it.each([1, 2, 3, 4])('does no harm, and what is whole comes through (seed %i)', async (seed) => {
    const clock = createFakeClock();
    const network = createMemoryNetwork(clock, { latencyMs: 2 });
    const random = createRandom(seed);
    let damage = true;
    const tamper = (frame: Uint8Array): Uint8Array => {
      if (!damage || random.chance(0.6)) return frame;
      const bytes = Uint8Array.from(frame);
      for (let bit = random.integer(3); bit >= 0; bit -= 1) bytes[random.integer(bytes.length)] = random.integer(256);
      return random.chance(0.2) ? bytes.subarray(0, random.integer(bytes.length)) : bytes;
    };
    const start = (number: number, changes = {}) =>
      startTestAgent({ number, network, clock, random: () => random.next(), ...changes });
    const [good, bad, other] = [await start(1), await start(2, { tamper }), await start(3)];
    for (const agent of [bad, other]) void agent.transport.connect(good.transport.listening(), good.keys.peerId, never);
    for (let round = 1; round <= 40; round += 1) {
      for (const agent of [good, bad, other]) agent.say(agent.report(round));
      await clock.advance(20_000);
    }
    damage = false;
    const [goodReport, badReport] = [good.report(41), bad.report(41)];
    good.say(goodReport);
    bad.say(badReport);
    await clock.advance(640_000);

    // A logged defect would have failed the test.
    expect(Object.keys(good.spread.counts().sync.failed).length).toBeGreaterThan(0);
    expect(good.book.latest(bad.keys.author, 'report')?.bytes).toEqual(badReport);
    expect(bad.book.latest(good.keys.author, 'report')?.bytes).toEqual(goodReport);
    expect(other.spread.counts().sync.failed).toEqual({});
  });
});

describe('a record with one bit changed', () => {
  const changed = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte));

  it('is rejected in sync, and its bringer counted', async () => {
    const author = testKeys(67);
    const report = changed((await startedAlone(67)).report(1));
    const id = {
      author: Buffer.from(author.author.subarray(0, 8)).toString('base64url'),
      type: 'report',
      run: 1,
      sequence: 1,
    };
    const [offer = new Uint8Array()] = encodeOffer({ cursor: 1, more: false, reset: false, ids: [id], extents: [] });
    const records = encodeRecords({ last: true, cut: false, records: [{ ageMs: 0, bytes: report }] });
    const { agent } = await stage(say(HELLO, offer, records, encodeWant({ wanted: [false], ranges: [] })));

    expect(agent.book.latest(author.author, 'report')).toBeUndefined();
    expect(agent.spread.counts().sync).toMatchObject({
      rejected: 1,
      rejectedFrom: [{ peerId: EVIL.peerId, count: 1 }],
      done: { own: 1 },
    });
  });

  it('is rejected in broadcasts and not relayed', async () => {
    const { clock, agent, evil } = await stage(say(Uint8Array.of(6)));
    const event = (await startedAlone(67)).event(1);
    evil.subscribe(
      EVENTS_TOPIC,
      () => 'accept',
      () => {},
    );
    await evil.publish(EVENTS_TOPIC, changed(event));
    await evil.publish(EVENTS_TOPIC, new Uint8Array(513));
    await evil.publish(EVENTS_TOPIC, event);
    await clock.advance(50);

    expect(agent.spread.counts().events).toMatchObject({ accepted: 1, ignored: 0, rejected: 2 });
    expect(agent.transport.counts().messages).toEqual({ accepted: 1, ignored: 0, rejected: 2 });
    expect(agent.deliveries.filter(({ via }) => via === 'event')).toHaveLength(1);
  });
});

/** Only to write envelopes with. */
function startedAlone(number: number): Promise<TestAgent> {
  const clock = createFakeClock();
  return startTestAgent({ number, network: createMemoryNetwork(clock), clock, random: () => 0.5 });
}
