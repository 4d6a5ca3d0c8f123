/** Everything in the mesh that turns bytes or text of others into values, with what it accepts. */
import { zstdCompressSync } from 'node:zlib';
import { decodeBinding, encodeBinding } from '../../../agent/mesh/codec/binding.ts';
import { decodeEvent, encodeEvent } from '../../../agent/mesh/codec/event.ts';
import { peekHeader } from '../../../agent/mesh/codec/header.ts';
import { decodeLeaving, encodeLeaving } from '../../../agent/mesh/codec/leaving.ts';
import { decodeMaintenance, encodeMaintenance } from '../../../agent/mesh/codec/maintenance.ts';
import { decodeReport, encodeReport } from '../../../agent/mesh/codec/report.ts';
import { brokenPayload } from '../../../agent/mesh/codec/testing.ts';
import { decodeTombstone, encodeTombstone } from '../../../agent/mesh/codec/tombstone.ts';
import { decodeEnvelope, signEnvelope } from '../../../agent/mesh/envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../../../agent/mesh/envelope/testing.ts';
import { createVerifier } from '../../../agent/mesh/envelope/verifier.ts';
import { prefixOf } from '../../../agent/mesh/identity/peer-id.ts';
import { decodeDatagram, encodeDatagram } from '../../../agent/mesh/probes/datagram.ts';
import { MAC_BYTES, createKeyring } from '../../../agent/mesh/probes/keys.ts';
import {
  createAnswerReader,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
} from '../../../agent/mesh/questions/frames.ts';
import { createRecordBook } from '../../../agent/mesh/records/record-book.ts';
import { parseId } from '../../../agent/mesh/records/record-id.ts';
import { decodeHashes, encodeHashes } from '../../../agent/mesh/spread/hashes-frame.ts';
import { decodeHello, encodeHello } from '../../../agent/mesh/spread/hello-frame.ts';
import { decodeOffer, encodeOffer } from '../../../agent/mesh/spread/offer-frame.ts';
import { decodeRecords, encodeRecords } from '../../../agent/mesh/spread/records-frame.ts';
import { decodeWant, encodeWant } from '../../../agent/mesh/spread/want-frame.ts';
import { parseAddress } from '../../../agent/mesh/transport/address.ts';
import { MIXED_RESULTS, NOON, aReport } from '../../lib/fixtures.ts';
import type { Random } from '../../lib/random.ts';
import { mutate } from './mutate.ts';

export interface Victim {
  readonly name: string;
  /** The next broken message. */
  readonly next: (random: Random) => Uint8Array;
  /** Undefined: it was refused. Must not throw. */
  readonly decode: (message: Uint8Array) => unknown;
}

const KEYS = testKeys(1);
const OTHER = testKeys(2);
const HEADER = { boot: 3, sequence: 7, contentSequence: 5 };
const OWN = { boot: 3, sequence: 7, node: 'node-a' };
const EPOCH = 'epoch-Of_On';
const PEER = prefixOf(OTHER.author);
const RING = createKeyring([new Uint8Array(32).fill(7)]);

const REPORT = encodeReport(HEADER, {
  report: aReport(MIXED_RESULTS, { heartbeatMs: 60_000, catchingUp: true }),
  madeAt: NOON,
  edges: [{ peer: PEER, network: 'underlay', state: 'lost', forMs: 5000, rttMs: 0.4, lossTo: 0.5, lossFrom: 0 }],
  store: { state: 'ok', since: NOON, message: '' },
  addresses: ['10.0.0.1:7576', '[fd00::1]:7576'],
  hostUptimeMs: 86_400_000,
});
const EVENT = encodeEvent(
  { ...HEADER, epoch: EPOCH, place: 9 },
  {
    kind: 'raised',
    at: NOON,
    node: 'node-a',
    check: 'kubelet',
    reason: 'KubeletDown',
    severity: 'critical',
    message: 'it refused the connection',
    subject: 'kubelet',
  },
);
const EDGES = encodeEvent(
  { ...HEADER, epoch: EPOCH, place: 10 },
  { kind: 'edges', at: NOON, node: 'node-a', edges: [{ peer: PEER, state: 'lost' }] },
);
const BINDING = encodeBinding(OWN, { generation: 4, refuted: OTHER.author });
const LEAVING = encodeLeaving(OWN, 'restart');
const TOMBSTONE = encodeTombstone(OWN, { name: 'node-b', author: OTHER.author, generation: 4, why: 'forget' });
const MAINTENANCE =
  encodeMaintenance(OWN, [
    { node: 'node-b', generation: 4, forMs: 1000, leftMs: 3_600_000, reason: 'new disk' },
    { node: 'node-c', generation: 2, forMs: 1000, leftMs: 0 },
  ]) ?? new Uint8Array();
const ENVELOPE = signEnvelope('report', REPORT, KEYS, TEST_CLUSTER);
const RECORDS = encodeRecords({
  last: true,
  cut: false,
  records: Array.from({ length: 4 }, (_, index) => ({ ageMs: index * 1000, bytes: ENVELOPE })),
});
const [OFFER = new Uint8Array()] = encodeOffer({
  more: true,
  reset: false,
  cursor: 300,
  ids: [
    { author: PEER, type: 'report', run: 200, sequence: 9 },
    { author: PEER, type: 'event', run: EPOCH, sequence: 1 },
  ],
  extents: [{ author: PEER, epoch: EPOCH, floor: 3, head: 200, count: 198 }],
});
const FRAMES = {
  hello: encodeHello({
    version: 1,
    hashesFollow: true,
    epoch: EPOCH,
    head: 300,
    cursor: { epoch: EPOCH, offset: 129 },
    own: { boot: 2, sequence: 5 },
    heldBoot: 7,
  }),
  hashes: encodeHashes({ reports: new Uint8Array(2048), others: new Uint8Array(2048).fill(9) }),
  offer: OFFER,
  want: encodeWant({ wanted: [true, false, true], ranges: [{ author: PEER, epoch: EPOCH, lowest: 4, count: 130 }] }),
  records: RECORDS,
};
const QUESTION = encodeQuestion({ subject: 'feed', question: { from: NOON, node: 'node-b' } }) ?? new Uint8Array();
const [ANSWER = new Uint8Array()] = encodeAnswer({ events: [{ uid: 'u', at: NOON, count: 3 }] }) ?? [];
const DATAGRAM = encodeDatagram(
  {
    kind: 'ack',
    sender: '0102030405060708',
    target: '1112131415161718',
    nonce: 7,
    pingSequence: 9,
    heard: { highest: 8, bits: 0xff },
    state: { boot: 3, sequence: 5, digest: new Uint8Array(8) },
    stampMs: 1234.5,
    holdMicros: 40,
  },
  RING.keys[0],
);

/** Structures that are broken as values, and bytes that are broken as bytes. */
const payloads = (valid: Uint8Array) => {
  const items = JSON.parse(Buffer.from(valid).toString()) as unknown[];
  return (random: Random): Uint8Array =>
    random.chance(0.7) ? brokenPayload(items, random) : mutate(valid, REPORT, random);
};
const broken =
  (valid: Uint8Array, other: Uint8Array = ENVELOPE) =>
  (random: Random): Uint8Array =>
    mutate(valid, other, random);
const text = (message: Uint8Array): string => Buffer.from(message).toString('latin1');

/** As a member that holds the key sends it: what is in the datagram is broken, its HMAC is right. */
function datagram(random: Random): Uint8Array {
  const message = mutate(DATAGRAM, ENVELOPE, random);
  if (random.chance(0.3) || message.length <= MAC_BYTES + 8) return message;
  const body = message.subarray(0, message.length - MAC_BYTES);
  body.set(DATAGRAM.subarray(0, 8));
  message.set(RING.keys[0].mac(body), body.length);
  return message;
}

/** A batch that is broken before it is compressed, and says that it is as long as it is, or is not. */
function compressed(random: Random): Uint8Array {
  const record = Buffer.concat([Uint8Array.of(0), varint(ENVELOPE.length), ENVELOPE]);
  const raw = mutate(Buffer.concat([record, record, record]), RECORDS, random);
  const says = random.chance(0.8) ? raw.length : random.integer(300_000);
  return Buffer.concat([Uint8Array.of(5, 3), varint(says), zstdCompressSync(raw)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; bytes.length === 0 || left > 0; left = Math.floor(left / 128))
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
  return Uint8Array.from(bytes);
}

/** A whole record as a member brings it: signed, and broken inside. */
function signed(random: Random): Uint8Array {
  const [type, valid] = random.pick([
    ['report', REPORT],
    ['event', EVENT],
    ['event', EDGES],
    ['binding', BINDING],
    ['leaving', LEAVING],
    ['tombstone', TOMBSTONE],
    ['maintenance', MAINTENANCE],
    ['later', LEAVING],
  ] as const);
  const payload = payloads(valid)(random);
  const fits = payload.length > 0 && payload.length < 16_000 ? payload : valid;
  return signEnvelope(type, fits, testKeys(random.integer(40)), TEST_CLUSTER);
}

export function createVictims(): readonly Victim[] {
  const book = createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: 'book-epoch1' });
  let nowMs = 0;
  return [
    { name: 'report', next: payloads(REPORT), decode: decodeReport },
    { name: 'event', next: payloads(EVENT), decode: decodeEvent },
    { name: 'event of edges', next: payloads(EDGES), decode: decodeEvent },
    { name: 'binding', next: payloads(BINDING), decode: decodeBinding },
    { name: 'leaving', next: payloads(LEAVING), decode: decodeLeaving },
    { name: 'tombstone', next: payloads(TOMBSTONE), decode: decodeTombstone },
    { name: 'maintenance', next: payloads(MAINTENANCE), decode: decodeMaintenance },
    { name: 'header', next: payloads(EVENT), decode: peekHeader },
    {
      name: 'envelope',
      next: broken(ENVELOPE, REPORT),
      decode: (message) => (decodeEnvelope(message).ok ? 'an envelope' : undefined),
    },
    { name: 'hello', next: broken(FRAMES.hello), decode: decodeHello },
    { name: 'hashes', next: broken(FRAMES.hashes), decode: decodeHashes },
    { name: 'offer', next: broken(FRAMES.offer), decode: decodeOffer },
    { name: 'want', next: broken(FRAMES.want), decode: decodeWant },
    { name: 'records', next: broken(FRAMES.records), decode: decodeRecords },
    { name: 'compressed records', next: compressed, decode: decodeRecords },
    { name: 'question', next: broken(QUESTION), decode: decodeQuestion },
    {
      name: 'answer',
      next: broken(ANSWER, QUESTION),
      decode(message) {
        const reading = createAnswerReader()(message);
        return reading.kind === 'malformed' ? undefined : reading;
      },
    },
    {
      name: 'datagram',
      next: datagram,
      decode(message) {
        const decoded = decodeDatagram(message, RING);
        return decoded.ok ? decoded.datagram.kind : undefined;
      },
    },
    { name: 'address', next: broken(Buffer.from('[fd00::1]:7576')), decode: (message) => parseAddress(text(message)) },
    { name: 'record id', next: broken(Buffer.from(`${PEER}/report/3/7`)), decode: (message) => parseId(text(message)) },
    {
      name: 'record book',
      next: signed,
      decode(message) {
        const result = book.offer(message, 'a peer', (nowMs += 200), 0);
        return result.kind === 'accepted' ? result.kind : undefined;
      },
    },
  ];
}
