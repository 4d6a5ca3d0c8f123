/** libp2p's settings. Its defaults are made for the open internet; each one here was measured or has its reason. */
import { hash } from 'node:crypto';
import { type GossipsubOpts, StrictNoSign, gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { ConnectionGater, PrivateKey } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import type { Libp2pOptions } from 'libp2p';
import type { Address } from '../address.ts';
import { admission, admissionOf } from './admission.ts';
import { toMultiaddr } from './multiaddr.ts';
import type { Refusals } from './refusals.ts';

/** libp2p closes what it does not get within this time. */
export const DIAL_MS = 3000;

const MESSAGE_ID_BYTES = 12;
const KIB = 1024;
/** Of one connection, at a time, in each direction. */
const MAX_STREAMS = 64;
/** Of a stream's window, thus of what a peer can send that we have not read. yamux has no smaller one. */
const WINDOW_BYTES = 256 * KIB;

export interface Settings {
  readonly privateKey: PrivateKey;
  readonly clusterKeys: readonly Uint8Array[];
  readonly listen: readonly Address[];
  readonly announce: readonly Address[];
  readonly topics: readonly string[];
}

export function libp2pOptions(settings: Settings, gater: ConnectionGater, refusals: Refusals) {
  return {
    privateKey: settings.privateKey,
    nodeInfo: { name: 'meerkat', version: '1', userAgent: 'meerkat' },
    metrics: refusals.metrics,
    // Without any to announce libp2p would tell every address of every interface.
    addresses: {
      listen: settings.listen.map((address) => toMultiaddr(address).toString()),
      announce: settings.announce.map((address) => toMultiaddr(address).toString()),
      announceFilter: (addresses) => (settings.announce.length === 0 ? [] : addresses),
    },
    transports: [
      tcp({ inboundSocketInactivityTimeout: 60_000, outboundSocketInactivityTimeout: 60_000, backlog: 128 }),
    ],
    connectionEncrypters: settings.clusterKeys.map(admissionOf),
    streamMuxers: [
      yamux({
        maxInboundStreams: MAX_STREAMS,
        maxOutboundStreams: MAX_STREAMS,
        // Above this the muxer ends before anybody listens to it, and its connection stays open and dead for seconds: a
        // peer that opens many streams at once would do that to an agent that was paused meanwhile, and answer for nothing.
        maxEarlyStreams: MAX_STREAMS,
        streamOptions: {
          initialStreamWindowSize: WINDOW_BYTES,
          maxStreamWindowSize: WINDOW_BYTES,
          maxReadBufferLength: 2 * WINDOW_BYTES,
          maxWriteBufferLength: 2 * KIB * KIB,
        },
      }),
    ],
    connectionGater: gater,
    connectionManager: {
      maxConnections: 64,
      maxParallelDials: 16,
      dialTimeout: 2 * DIAL_MS,
      addressDialTimeout: DIAL_MS,
      // 50/s of 3 s each are less than 200: one host that opens connections and says nothing cannot keep others out.
      inboundConnectionThreshold: 50,
      maxIncomingPendingConnections: 200,
      inboundUpgradeTimeout: 3000,
      inboundStreamProtocolNegotiationTimeout: 5000,
      outboundStreamProtocolNegotiationTimeout: 5000,
      reconnectRetries: 0,
    },
    // One late answer on a stalled event loop would end every connection at once; our probes know better.
    connectionMonitor: { enabled: false },
    // Addresses live in our own book. Peers are kept, because gossipsub is told of a disconnect only while they are.
    peerStore: { addressFilter: () => Promise.resolve(false), maxPeerAge: Infinity },
    // The watchdog identifies again, also while the first time is under way: one stream each would not do.
    services: {
      admission,
      identify: identify({ protocolPrefix: 'meerkat', maxInboundStreams: 4, maxOutboundStreams: 4 }),
      pubsub: gossipsub(gossipOptions(settings.topics)),
    },
  } satisfies Libp2pOptions;
}

/** D and its companions: four copies of a message instead of seven; an envelope has its own signature. */
const gossipOptions = (topics: readonly string[]): Partial<GossipsubOpts> => ({
  D: 4,
  Dlo: 3,
  Dhi: 6,
  Dout: 1,
  Dscore: 2,
  Dlazy: 3,
  mcacheGossip: 2,
  seenTTL: 60_000,
  globalSignaturePolicy: StrictNoSign,
  msgIdFn: ({ data }) => hash('sha256', data, 'buffer').subarray(0, MESSAGE_ID_BYTES),
  floodPublish: false,
  fallbackToFloodsub: false,
  allowPublishToZeroTopicPeers: true,
  allowedTopics: [...topics],
  doPX: false,
  tagMeshPeers: false,
  idontwantMinDataSize: 16_384,
  maxInboundDataLength: KIB * KIB,
  maxOutboundBufferSize: 2 * KIB * KIB,
  maxInboundStreams: 8,
  maxOutboundStreams: 8,
  // All peers hold the cluster key, and many may share an address: a score could only silence one of us.
  scoreParams: {
    IPColocationFactorWeight: 0,
    behaviourPenaltyWeight: 0,
    appSpecificWeight: 0,
    topicScoreCap: 0,
    topics: {},
  },
});
