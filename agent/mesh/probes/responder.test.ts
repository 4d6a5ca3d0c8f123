import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/lib/fake-clock.ts';
import { type Counters, createCounters } from './counters.ts';
import { type Datagram, decodeDatagram, encodeDatagram } from './datagram.ts';
import { createHeardTable } from './heard.ts';
import { createKeyring, deriveProbeKey } from './keys.ts';
import { createResponder, type Responder } from './responder.ts';
import { type SizeDatagram, decodeSize, encodeSize } from './size-datagram.ts';

const SELF = 'aaaaaaaaaaaaaaaa';
const PEER = 'bbbbbbbbbbbbbbbb';
const keys = createKeyring([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
const OLD = keys.keys[1] ?? keys.keys[0];

let clock: FakeClock;
let counters: Counters;
let replies: Datagram[];
let pings: Datagram[];
let responder: Responder;

const ping = (pingSequence: number, change: Partial<Datagram> = {}): Datagram => ({
  kind: 'ping',
  sender: PEER,
  target: SELF,
  nonce: 1000 + pingSequence,
  pingSequence,
  heard: { highest: 0, bits: 0 },
  state: { boot: 1, sequence: 5, digest: new Uint8Array(8) },
  stampMs: 1,
  holdMicros: 0,
  ...change,
});

const handle = (datagram: Datagram, key = keys.keys[0]): void => handleBytes(encodeDatagram(datagram, key));
const handleBytes = (bytes: Uint8Array): void =>
  responder.handle(bytes, (reply) => {
    expect(reply.byteLength).toBeLessThanOrEqual(bytes.byteLength);
    const decoded = decodeDatagram(reply, keys);
    if (decoded.ok) replies.push(decoded.datagram);
  });

beforeEach(() => {
  clock = createFakeClock();
  counters = createCounters();
  replies = [];
  pings = [];
  responder = createResponder({
    clock,
    keys,
    self: SELF,
    state: () => ({ boot: 7, sequence: 9, digest: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) }),
    heard: createHeardTable(),
    counters,
    mtuOf: (address) => (address === '192.0.2.7' ? 1500 : 0),
    onPing: (one) => pings.push(one),
  });
});

it('answers a ping with its nonce, what it heard, its state and its clock', () => {
  handle(ping(1));
  handle(ping(3));
  expect(replies[1]).toEqual({
    kind: 'ack',
    sender: SELF,
    target: PEER,
    nonce: 1003,
    pingSequence: 3,
    heard: { highest: 3, bits: 0b101 },
    state: { boot: 7, sequence: 9, digest: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) },
    stampMs: clock.now(),
    holdMicros: 0,
  });
  expect(pings.map(({ pingSequence }) => pingSequence)).toEqual([1, 3]);
});

it('answers with the key of the ping', () => {
  let used: Uint8Array | undefined;
  responder.handle(encodeDatagram(ping(1), OLD), (reply) => (used = reply.subarray(4, 8)));
  expect(Buffer.from(used ?? [])).toEqual(Buffer.from(OLD.id));
});

it('answers no stranger, and counts why', () => {
  handle(ping(1), deriveProbeKey(Buffer.alloc(32, 3)));
  handleBytes(Buffer.from('GET / HTTP/1.1\r\n'));
  const forged = encodeDatagram(ping(1), keys.keys[0]);
  forged[79] = (forged[79] ?? 0) ^ 1;
  handleBytes(forged);
  handle(ping(1, { sender: SELF, target: PEER }));
  handle(ping(1, { kind: 'ack' }));
  expect(replies).toEqual([]);
  expect(pings).toEqual([]);
  expect(counters).toMatchObject({ unknownKey: 1, junk: 1, forged: 1, reflected: 1, unasked: 1, acksSent: 0 });
});

it('answers a ping for somebody else under its own name, and takes nothing from it', () => {
  handle(ping(1, { target: 'cccccccccccccccc' }));
  expect(replies).toMatchObject([{ sender: SELF }]);
  expect(pings).toEqual([]);
});

it('answers replays a little and believes none of them', async () => {
  const old = encodeDatagram(ping(1), keys.keys[0]);
  handleBytes(old);
  for (let copy = 0; copy < 1000; copy += 1) handleBytes(old);
  expect(replies.length).toBe(1 + 40);
  expect(pings).toHaveLength(1);
  expect(counters).toMatchObject({ replayed: 1000, overRate: 960 });
  await clock.advance(1000);
  for (let copy = 0; copy < 1000; copy += 1) handleBytes(old);
  expect(replies.length).toBe(1 + 40 + 20);
  // Meanwhile the genuine peer is served.
  handle(ping(2));
  expect(replies.at(-1)).toMatchObject({ nonce: 1002 });
});

it('answers one author no more than ten times a second', async () => {
  for (let sequence = 1; sequence <= 500; sequence += 1) handle(ping(sequence));
  expect(replies).toHaveLength(20);
  handle(ping(1, { sender: 'dddddddddddddddd' }));
  expect(replies).toHaveLength(21);
  await clock.advance(1000);
  for (let sequence = 501; sequence <= 600; sequence += 1) handle(ping(sequence));
  expect(replies).toHaveLength(31);
});

it('checks no more than so many MACs a second', () => {
  const forged = encodeDatagram(ping(1), keys.keys[0]);
  forged[79] = (forged[79] ?? 0) ^ 1;
  for (let copy = 0; copy < 6000; copy += 1) handleBytes(forged);
  expect(counters).toMatchObject({ forged: 5000, overRate: 1000 });
});

describe('a ping that tests a length', () => {
  const PING: SizeDatagram = { kind: 'size-ping', sender: PEER, target: SELF, nonce: 7, mtu: 9000 };
  const answersTo = (datagram: SizeDatagram, at = '192.0.2.7', key = OLD): Buffer[] => {
    const answers: Buffer[] = [];
    responder.handle(encodeSize(datagram, 1472, key), (reply) => answers.push(Buffer.from(reply)), at);
    return answers;
  };

  it('is answered in its own length, with the MTU of where it came in and with its key', () => {
    const [answer = Buffer.alloc(0)] = answersTo(PING);
    expect(answer).toHaveLength(1472);
    expect(decodeSize(answer, keys)).toEqual({
      ok: true,
      key: OLD,
      datagram: { kind: 'size-ack', sender: SELF, target: PEER, nonce: 7, mtu: 1500 },
    });
    const [elsewhere = Buffer.alloc(0)] = answersTo(PING, '0.0.0.0');
    expect(decodeSize(elsewhere, keys)).toMatchObject({ datagram: { mtu: 0 } });
    expect(counters).toMatchObject({ sizeAcksSent: 2, pingsReceived: 0 });
  });

  it('is not answered to a stranger, for another agent, or where it is an answer itself', () => {
    expect(answersTo(PING, '192.0.2.7', deriveProbeKey(Buffer.alloc(32, 3)))).toEqual([]);
    expect(answersTo({ ...PING, target: 'cccccccccccccccc' })).toEqual([]);
    expect(answersTo({ ...PING, kind: 'size-ack' })).toEqual([]);
    expect(counters).toMatchObject({ unknownKey: 1, unasked: 2, sizeAcksSent: 0 });
  });

  it('is answered beside any number that nobody with a key has sent', () => {
    for (let index = 0; index < 500; index += 1) {
      const forged = Buffer.from(encodeSize(PING, 1472, OLD));
      forged.writeUInt8(forged.readUInt8(1471) ^ 1, 1471);
      responder.handle(forged, () => {}, '192.0.2.7');
    }
    expect(counters).toMatchObject({ forged: 500, overRate: 0 });
    expect(answersTo(PING)).toHaveLength(1);
  });

  it('is answered no more than a hundred times at once, and probes all the same', () => {
    const answers = Array.from({ length: 500 }, () => answersTo(PING)).flat();
    expect(answers).toHaveLength(100);
    expect(counters.overRate).toBe(400);
    handle(ping(1));
    expect(replies).toHaveLength(1);
  });
});
