/**
 * What a peer does wrong below the streams that have a handler: more bytes or streams than an agent needs, frames of the
 * multiplexer and of gossipsub that none writes.
 */
import type { GossipSub } from '@libp2p/gossipsub';
import type { Connection } from '@libp2p/interface';
import { Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { LIMIT } from '../../conduct/misdeed.ts';
import { BoundedMap } from '../../envelope/bounded-map.ts';
import { type Rate, TokenBucket } from '../../records/token-bucket.ts';
import type { PeerConduct } from '../types.ts';

export interface ConductDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'every'>;
  readonly conduct: PeerConduct;
}

/** Bursts of exchanges with a neighbour that knows a whole cluster more; on average there are two in 5 s. */
const STREAMS: Rate = { burst: 200, perSecond: 10 };
/** All that is known of 5,000 nodes, several times over; after that a megabyte a second. In KiB. */
const TRAFFIC: Rate = { burst: 64 * 1024, perSecond: 1024 };
const LOOK_MS = 1000;
const MAX_PEERS = 256;
const KIB = 1024;

/** What the multiplexer says of frames that no implementation writes. */
const BROKEN: ReadonlySet<string> = new Set([
  'ProtocolError',
  'InvalidFrameError',
  'DecodeInvalidVersionError',
  'BothClientsError',
  'ReceiveWindowExceededError',
  'StreamAlreadyExistsError',
  // A stream’s number of the other side’s.
  'InvalidParametersError',
]);
/** What the reader of gossipsub's stream says of lengths that no agent writes. A stream that ends early is no misdeed. */
const OVERSIZE: ReadonlySet<string> = new Set([
  'InvalidMessageLengthError',
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
]);

/** What a connection has and its interface does not name. */
interface WithMuxer {
  readonly muxer?: {
    readonly streams: readonly { readonly direction: string }[];
    /** Called for every stream that the peer begins, also for those that are above the muxer's limit. */
    incomingStream(id: number): void;
  };
}

/** From now on a connection is watched for as long as it lives. */
export function createConnectionWatch({ clock, conduct }: ConductDeps): (connection: Connection) => void {
  /** By peer: who connects anew has not got a new allowance. */
  const peers = new BoundedMap<string, TokenBucket>(MAX_PEERS);
  const began = (peerId: string): void => {
    const now = clock.monotonic();
    const tokens = peers.get(peerId) ?? new TokenBucket(STREAMS, now);
    peers.set(peerId, tokens);
    if (tokens.has(STREAMS, now)) tokens.take();
    else conduct.note(peerId, 'streams');
  };
  return (connection) => {
    const peerId = connection.remotePeer.toString();
    const { muxer } = connection as unknown as WithMuxer;
    if (muxer !== undefined) {
      // What is above the limit is reset without an event, so those are no measure of who opens thousands.
      const incoming = muxer.incomingStream.bind(muxer);
      muxer.incomingStream = (id) => {
        began(peerId);
        incoming(id);
      };
      for (const { direction } of muxer.streams) if (direction === 'inbound') began(peerId);
    }
    connection.addEventListener('close', ({ error }) => {
      if (error !== undefined && BROKEN.has(error.name)) conduct.note(peerId, 'malformed');
    });
  };
}

export interface TrafficMeter {
  /** The bytes of this connection are the peer's from now on. */
  add(peerId: string, connection: EventTarget): void;
  stop(): void;
}

/** Looks once a second at what every peer has sent, over all its connections. */
export function createTrafficMeter({ clock, conduct }: ConductDeps): TrafficMeter {
  const sockets = new Map<Socket, { readonly peerId: string; seen: number }>();
  const tokens = new Map<string, TokenBucket>();
  const look = (): void => {
    const now = clock.monotonic();
    const over = new Set<string>();
    for (const [socket, entry] of sockets) {
      const bucket = tokens.get(entry.peerId) ?? new TokenBucket(TRAFFIC, now);
      tokens.set(entry.peerId, bucket);
      if (!bucket.has(TRAFFIC, now)) over.add(entry.peerId);
      else bucket.take((socket.bytesRead - entry.seen) / KIB);
      entry.seen = socket.bytesRead;
      if (socket.destroyed) sockets.delete(socket);
    }
    for (const peerId of over) conduct.note(peerId, 'flood', LIMIT);
    const present = new Set([...sockets.values()].map(({ peerId }) => peerId));
    // Who connects anew in the same minute has not got a new allowance; who did little has it anyway.
    for (const [peerId, bucket] of tokens)
      if (!present.has(peerId) && bucket.isFull(TRAFFIC, now)) tokens.delete(peerId);
  };
  const stop = clock.every(LOOK_MS, look);
  return {
    add(peerId, connection) {
      const { socket } = connection as { readonly socket?: unknown };
      if (socket instanceof Socket) sockets.set(socket, { peerId, seen: 0 });
    },
    stop,
  };
}

/** What gossipsub has and its type hides. */
interface Reader {
  pipePeerReadStream(peerId: { toString(): string }, source: AsyncIterable<Chunk>): Promise<void>;
  decodeRpc(bytes: Uint8Array): unknown;
}

interface Chunk {
  subarray(): Uint8Array;
}

/** gossipsub logs what it cannot read and goes on; here the peer answers for it. Before it is started. */
export function watchBroadcasts(pubsub: GossipSub, conduct: PeerConduct): void {
  const reader = pubsub as unknown as Reader;
  const read = reader.pipePeerReadStream.bind(pubsub);
  async function* watched(peerId: string, source: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    try {
      for await (const chunk of source) {
        if (isReadable(chunk, reader)) yield chunk;
        else conduct.note(peerId, 'malformed');
      }
    } catch (error) {
      if (error instanceof Error && OVERSIZE.has(error.name)) conduct.note(peerId, 'oversize');
      throw error;
    }
  }
  reader.pipePeerReadStream = (peerId, source) => read(peerId, watched(peerId.toString(), source));
}

function isReadable(chunk: Chunk, reader: Reader): boolean {
  try {
    reader.decodeRpc(chunk.subarray());
    return true;
  } catch {
    return false;
  }
}
