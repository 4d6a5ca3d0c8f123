/** A peer that holds the cluster's key and does whatever harm a test wants, under a new key of its own each. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import type { Stream } from '@libp2p/interface';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { encodeBinding } from '../../agent/mesh/codec/binding.ts';
import { signEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { parseClusterId } from '../../agent/mesh/identity/cluster-id.ts';
import type { ClusterKey } from '../../agent/mesh/identity/cluster-key.ts';
import { type KeyPair, keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import type { RecordId } from '../../agent/mesh/records/record-id.ts';
import { encodeHello } from '../../agent/mesh/spread/hello-frame.ts';
import { decodeOffer, encodeOffer } from '../../agent/mesh/spread/offer-frame.ts';
import { FRAME_LIMITS, SYNC_PROTOCOL, SYNC_VERSION } from '../../agent/mesh/spread/protocol.ts';
import { encodeRecords } from '../../agent/mesh/spread/records-frame.ts';
import { decodeWant, encodeWant } from '../../agent/mesh/spread/want-frame.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { createOpenTransport } from '../../agent/mesh/transport/libp2p/transport.ts';
import type { FrameStream } from '../../agent/mesh/transport/types.ts';

export interface Attacker {
  readonly peerId: string;
  readonly keys: KeyPair;
  /** PeerId of the agent at this address, to which it is connected now. Undefined: it is refused. */
  meet(address: string): Promise<string | undefined>;
  isConnected(peerId: string): boolean;
  /** An envelope of its own, or of a key that it has just made. */
  sign(type: string, payload: Uint8Array, keys?: KeyPair): Uint8Array;
  broadcast(bytes: Uint8Array): Promise<void>;
  /** Opens a sync stream; undefined: it got none. */
  open(peerId: string): Promise<FrameStream | undefined>;
  /** A stream of any protocol, without frames. */
  openRaw(peerId: string, protocol: string): Promise<Stream | undefined>;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 5000;

export interface AttackerOptions {
  readonly key: ClusterKey;
  /** A UUID. */
  readonly clusterId: string;
  readonly listen: string;
}

export async function createAttacker({ key, clusterId: uuid, listen }: AttackerOptions): Promise<Attacker> {
  const clusterId = parseClusterId(uuid);
  if (clusterId === undefined) throw new Error(`${uuid} is no UUID`);
  const keys = newKeys();
  const { transport, libp2p } = await createOpenTransport(
    { seed: keys.seed, clusterKeys: [key.secret], listen: [listen], announce: [], topics: [EVENTS_TOPIC] },
    { clock: systemClock, log: createLog('silent', 'attacker') },
  );
  await transport.start();
  transport.subscribe(
    EVENTS_TOPIC,
    () => 'ignore',
    () => {},
  );
  return {
    peerId: keys.peerId,
    keys,
    async meet(address) {
      const known = transport.peers().find((peer) => peer.address === address);
      const { peer = known } = known
        ? {}
        : await transport.connect([address], undefined, AbortSignal.timeout(TIMEOUT_MS));
      return peer?.peerId;
    },
    isConnected: (peerId) => transport.peers().some((peer) => peer.peerId === peerId),
    sign: (type, payload, signer = keys) => signEnvelope(type, payload, signer, clusterId),
    async broadcast(bytes) {
      await transport.publish(EVENTS_TOPIC, bytes);
    },
    async open(peerId) {
      const opened = await transport.open(peerId, SYNC_PROTOCOL, FRAME_LIMITS, AbortSignal.timeout(TIMEOUT_MS));
      return opened.kind === 'open' ? opened.stream : undefined;
    },
    async openRaw(peerId, protocol) {
      const connection = libp2p.getConnections().find(({ remotePeer }) => remotePeer.toString() === peerId);
      return connection?.newStream([protocol], { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
    },
    stop: () => transport.stop(),
  };
}

export const newKeys = (): KeyPair => keyPairFromSeed(new Uint8Array(randomBytes(32)));

/** @param heldBoot of the agent’s own key */
const helloOf = (heldBoot: number): Uint8Array =>
  encodeHello({
    version: SYNC_VERSION,
    hashesFollow: false,
    epoch: 'attacker',
    head: 9,
    cursor: undefined,
    own: { boot: 0, sequence: 0 },
    heldBoot,
  });
const NO_RECORDS = encodeRecords({ last: true, cut: false, records: [] });

/** 64 MiB of zeros in some kilobytes, called 256 KiB. */
export const BOMB = Uint8Array.from([5, 3, 0x80, 0x80, 0x10, ...zstdCompressSync(new Uint8Array(1 << 26))]);

/** A record that is offered, with the name that it is offered under. */
export interface Offered {
  readonly id: RecordId;
  readonly bytes: Uint8Array;
}

/** What somebody invents: an agent that claims a name. */
export function inventMember(attacker: Attacker, name: string): Offered {
  const keys = newKeys();
  const payload = encodeBinding({ boot: 1, sequence: 1, node: name }, { generation: 1 });
  return {
    id: { author: prefixOf(keys.author), type: 'binding', run: 1, sequence: 1 },
    bytes: attacker.sign('binding', payload, keys),
  };
}

/** A claim of a name with this payload, well signed by a key that nobody knows, whatever is in it. */
export function inventRecord(attacker: Attacker, payload: string): Offered {
  const keys = newKeys();
  return {
    id: { author: prefixOf(keys.author), type: 'binding', run: 1, sequence: 1 },
    bytes: attacker.sign('binding', new TextEncoder().encode(payload), keys),
  };
}

/**
 * One exchange, begun by the attacker: offers these, and answers the request with what `answer` makes of the records
 * that were asked for. Returns how many were; undefined: the agent did not want to talk.
 */
export async function offer(
  stream: FrameStream,
  records: readonly Offered[],
  answer: (asked: readonly Offered[]) => readonly Uint8Array[] = honestAnswer,
  heldBoot = 0,
): Promise<number | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const next = async (kind: number): Promise<Uint8Array | undefined> => {
    for (;;) {
      const result = await stream.receive(signal);
      if (result.kind !== 'frame' || result.bytes[0] === 6) return undefined;
      if (result.bytes[0] === kind) return result.bytes;
    }
  };
  await stream.send(helloOf(heldBoot), signal);
  const theirs = await next(3);
  if (theirs === undefined) return undefined;
  await stream.send(encodeWant({ wanted: noneOf(theirs), ranges: [] }), signal);
  const frames = encodeOffer({
    cursor: records.length,
    more: false,
    reset: false,
    ids: records.map(({ id }) => id),
    extents: [],
  });
  for (const frame of frames) await stream.send(frame, signal);
  const want = await next(4);
  const wanted = want === undefined ? undefined : decodeWant(want)?.wanted;
  if (wanted === undefined) return undefined;
  const asked = records.filter((_, index) => wanted[index] === true);
  for (const frame of answer(asked)) await stream.send(frame, signal);
  await stream.close();
  await stream.receive(signal);
  return asked.length;
}

const honestAnswer = (asked: readonly Offered[]): readonly Uint8Array[] => {
  const frames: Uint8Array[] = [];
  for (let from = 0; from < asked.length; from += 200)
    frames.push(
      encodeRecords({
        last: false,
        cut: false,
        records: asked.slice(from, from + 200).map(({ bytes }) => ({ ageMs: 0, bytes })),
      }),
    );
  return [...frames, NO_RECORDS];
};

/** As many noes as the offer has ids; an attacker's book is empty, so it is one frame. */
function noneOf(frame: Uint8Array): boolean[] {
  const decoded = decodeOffer(frame);
  return (decoded?.ids ?? []).map(() => false);
}

/** Frames of noise until so many bytes are gone or nobody takes them. Returns how many were. */
export async function pour(attacker: Attacker, peerId: string, bytes: number): Promise<number> {
  const frame = new Uint8Array(randomBytes(FRAME_LIMITS.maxFrameBytes));
  let sent = 0;
  while (sent < bytes && attacker.isConnected(peerId)) {
    const stream = await attacker.open(peerId);
    if (stream === undefined) {
      await sleep(20);
      continue;
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    while (sent < bytes && (await stream.send(frame, signal)) === 'sent') sent += frame.length;
    stream.abort();
  }
  return sent;
}
