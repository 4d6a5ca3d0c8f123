/**
 * A peer that holds the cluster's key and keeps no rules: it reads what agents say as any neighbour does, and brings
 * them whatever the test wants.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { makeEpoch } from '../../agent/mesh/codec/event.ts';
import { peekHeader } from '../../agent/mesh/codec/header.ts';
import { decodeEnvelope, signEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { createVerifier } from '../../agent/mesh/envelope/verifier.ts';
import { parseClusterId } from '../../agent/mesh/identity/cluster-id.ts';
import type { ClusterKey } from '../../agent/mesh/identity/cluster-key.ts';
import { keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { type RecordBook, createRecordBook } from '../../agent/mesh/records/record-book.ts';
import type { RecordId } from '../../agent/mesh/records/record-id.ts';
import { createContentHashes } from '../../agent/mesh/spread/content-hashes.ts';
import { createCursors } from '../../agent/mesh/spread/cursors.ts';
import { initiate, respond } from '../../agent/mesh/spread/exchange.ts';
import { decodeHashes } from '../../agent/mesh/spread/hashes-frame.ts';
import { decodeHello, encodeHello } from '../../agent/mesh/spread/hello-frame.ts';
import { ExchangeEnded, type Link, createLink } from '../../agent/mesh/spread/link.ts';
import { encodeOffer } from '../../agent/mesh/spread/offer-frame.ts';
import { FRAME_LIMITS, STREAM_LIMITS, SYNC_PROTOCOL, SYNC_VERSION } from '../../agent/mesh/spread/protocol.ts';
import { receiveOffer } from '../../agent/mesh/spread/receiving.ts';
import { decodeRecords, encodeRecords } from '../../agent/mesh/spread/records-frame.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { decodeWant, encodeWant } from '../../agent/mesh/spread/want-frame.ts';
import { createOpenTransport } from '../../agent/mesh/transport/libp2p/transport.ts';

export interface Brought {
  /** How the envelope is called when it is offered; nobody checks that before it is there. */
  readonly id: RecordId;
  readonly bytes: Uint8Array;
}

export interface Insider {
  readonly peerId: string;
  /** What it says itself, in an envelope with its own signature, whatever the payload holds. */
  say(type: string, payload: Uint8Array): Brought;
  /** Takes all that the agent at this address has into the book. */
  learn(address: string): Promise<RecordBook>;
  /** Offers these to the agent at this address, and sends those for which it asks. Returns how many it asked for. */
  bring(address: string, records: readonly Brought[]): Promise<number>;
  /** By gossip, to all who are connected. */
  broadcast(bytes: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

export interface InsiderOptions {
  readonly key: ClusterKey;
  /** A UUID. */
  readonly clusterId: string;
  /** Where it listens itself. */
  readonly listen: string;
}

const EXCHANGE_MS = 5000;
const ATTEMPTS = 10;
const RETRY_MS = 500;

export async function createInsider({ key, clusterId: uuid, listen }: InsiderOptions): Promise<Insider> {
  const clusterId = parseClusterId(uuid);
  if (clusterId === undefined) throw new Error(`${uuid} is no UUID`);
  const seed = new Uint8Array(randomBytes(32));
  const keys = keyPairFromSeed(seed);
  const { transport } = await createOpenTransport(
    { seed, clusterKeys: [key.secret], listen: [listen], announce: [], topics: [EVENTS_TOPIC] },
    { clock: systemClock, log: createLog('silent', 'insider') },
  );
  await transport.start();
  const random = (count: number): Uint8Array => new Uint8Array(randomBytes(count));
  const book = createRecordBook({ verifier: createVerifier({ clusterId }), epoch: makeEpoch(random) });
  transport.subscribe(
    EVENTS_TOPIC,
    (bytes, from) => (book.offer(bytes, from, systemClock.monotonic()).kind === 'accepted' ? 'accept' : 'ignore'),
    () => {},
  );

  const deps = {
    book,
    cursors: createCursors(),
    hashes: createContentHashes(systemClock),
    clock: systemClock,
    random: Math.random,
    author: keys.author,
    underWay: new Set<string>(),
    onOffered: () => {},
    onHeldBoot: () => {},
  };
  // Who does not answer is left alone by the others for a while.
  transport.handle(SYNC_PROTOCOL, STREAM_LIMITS, async (stream, signal) => {
    await respond(createLink(stream, signal, { bytesSent: 0, bytesReceived: 0 }), deps).catch(() => stream.abort());
  });

  const withLinkOnce = async <T>(address: string, use: (link: Link) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(EXCHANGE_MS);
    const known = transport.peers().find((peer) => peer.address === address);
    const { peer = known, attempts } = known ? { attempts: [] } : await transport.connect([address], undefined, signal);
    if (peer === undefined) throw new Error(`no connection to ${address}: ${JSON.stringify(attempts)}`);
    const opened = await transport.open(peer.peerId, SYNC_PROTOCOL, FRAME_LIMITS, signal);
    if (opened.kind === 'failed') throw new Error(`no stream to ${address}: ${opened.why}`);
    try {
      const result = await use(createLink(opened.stream, signal, { bytesSent: 0, bytesReceived: 0 }));
      await opened.stream.close();
      // The other side has read everything when it ends its own.
      await opened.stream.receive(signal);
      return result;
    } finally {
      opened.stream.abort();
    }
  };

  /** A stranger's connection may be closed as one too many, and an agent may be busy. */
  const withLink = async <T>(address: string, use: (link: Link) => Promise<T>): Promise<T> => {
    for (let left = ATTEMPTS; ; left -= 1) {
      try {
        return await withLinkOnce(address, use);
      } catch (error) {
        if (left === 1 || !(error instanceof ExchangeEnded)) throw error;
        await sleep(RETRY_MS);
      }
    }
  };

  return {
    peerId: keys.peerId,
    say(type, payload) {
      const bytes = signEnvelope(type, payload, keys, clusterId);
      const id = naturalId(bytes);
      if (id === undefined) throw new Error('the payload does not begin with a header');
      return { id, bytes };
    },
    async learn(address) {
      await withLink(address, (link) => initiate(link, true, deps));
      return book;
    },
    bring: (address, records) => withLink(address, (link) => bringBy(link, records)),
    async broadcast(bytes) {
      await transport.publish(EVENTS_TOPIC, bytes);
    },
    stop: () => transport.stop(),
  };
}

/** What the envelope itself says that it is called. */
export function naturalId(bytes: Uint8Array): RecordId | undefined {
  const decoded = decodeEnvelope(bytes);
  const header = decoded.ok ? peekHeader(decoded.envelope.payload) : undefined;
  if (!decoded.ok || header === undefined) return undefined;
  const { author, type } = decoded.envelope;
  const place = type === 'event' ? header.place : undefined;
  return {
    author: prefixOf(author),
    type,
    run: place?.epoch ?? header.boot,
    sequence: place?.sequence ?? header.sequence,
  };
}

/** The envelope with one bit of the byte at `at` turned over. */
export const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));

/**
 * One bit turned over in each part of a report: in a counter so that it looks newer, called what it says itself; in the
 * other parts called after the author's next reports, which nobody has yet.
 */
export function forgeriesOf(report: Uint8Array): { readonly what: string; readonly record: Brought }[] {
  const id = naturalId(report);
  if (id === undefined || typeof id.run !== 'number') throw new Error('no report');
  const run = id.run;
  const [authorAt, payloadAt] = [2 + 'report'.length, 2 + 'report'.length + 32 + 64];
  const parts = { type: [4, 1], author: [authorAt, 0], signature: [authorAt + 32, 7], content: [report.length - 9, 0] };
  // Who is asked may have had later ones since this report was read.
  const renamed = Object.entries(parts).map(([what, [at = 0, bit = 0]], index) => ({
    what,
    record: { id: { ...id, sequence: id.sequence + 100 + index }, bytes: flipped(report, at, bit) },
  }));
  // `[boot,sequence,…`: a digit of either that becomes a higher one.
  const counters = Array.from({ length: 8 * 12 }, (_, index) =>
    flipped(report, payloadAt + 1 + (index >> 3), index & 7),
  )
    .map((bytes) => ({ bytes, claimed: naturalId(bytes) }))
    .filter(({ claimed }) => isHigher(claimed, run, id.sequence))
    .map(({ bytes, claimed = id }) => ({
      what: `boot ${claimed.run}, sequence ${claimed.sequence}`,
      record: { id: claimed, bytes },
    }));
  return [...renamed, ...counters.slice(0, 8)];
}

const isHigher = (id: RecordId | undefined, boot: number, sequence: number): boolean =>
  typeof id?.run === 'number' && (id.run > boot || (id.run === boot && id.sequence > sequence));

/** The initiator's part of an exchange, see protocol.ts. */
async function bringBy(link: Link, records: readonly Brought[]): Promise<number> {
  const hello = { version: SYNC_VERSION, hashesFollow: false, epoch: 'insider', head: records.length };
  await link.send(encodeHello({ ...hello, cursor: undefined, own: { boot: 0, sequence: 0 }, heldBoot: 0 }));
  const theirs = await link.receive(decodeHello);
  if (theirs.hashesFollow) await link.receive(decodeHashes);
  const offered = await receiveOffer(link);
  await link.send(encodeWant({ wanted: offered.ids.map(() => false), ranges: [] }));
  const ids = records.map(({ id }) => id);
  const offer = { more: false, reset: false, cursor: records.length, ids, extents: [] };
  for (const frame of encodeOffer(offer)) await link.send(frame);
  while (!(await link.receive(decodeRecords)).last);
  const { wanted } = await link.receive(decodeWant);
  const asked = records.filter((_, index) => wanted[index] === true);
  const batch = asked.map(({ bytes }) => ({ ageMs: 0, bytes }));
  await link.send(encodeRecords({ last: true, cut: false, records: batch }));
  return asked.length;
}
