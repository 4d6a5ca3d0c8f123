/** The transport over TCP, by libp2p: Noise, yamux, gossipsub. Nothing outside this folder sees libp2p. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Connection } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { Clock } from '../../../base/clock.ts';
import { AgentError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { type Address, parseAddress } from '../address.ts';
import type { ConnectResult, DialAttempt, Transport, TransportCounts, TransportEvent } from '../types.ts';
import { type Broadcast, createBroadcast } from './broadcast.ts';
import { type Dial, dialAddress } from './dial.ts';
import { createGate } from './gate.ts';
import { type Links, createLinks } from './links.ts';
import { type MeshLibp2p, createNode } from './node.ts';
import { openStream } from './open-stream.ts';
import { createRefusals } from './refusals.ts';
import { reportCounts } from './summary.ts';
import { type Watchdog, createWatchdog } from './watchdog.ts';

export interface Libp2pTransportOptions {
  /** The 32-byte seed of our Ed25519 key. */
  readonly seed: Uint8Array;
  /** One, or two while they are rotated: the new one first. 32 bytes each. */
  readonly clusterKeys: readonly Uint8Array[];
  /** Addresses to listen on; port 0 lets the system choose. IPv6 ones may fail where IPv4 ones do not. */
  readonly listen: readonly string[];
  /** Addresses that peers are told; never guessed. */
  readonly announce: readonly string[];
  /** All topics that are ever published or subscribed to. */
  readonly topics: readonly string[];
}

export interface TransportDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** @throws AgentError `config` for an address that is none. */
export async function createLibp2pTransport(options: Libp2pTransportOptions, deps: TransportDeps): Promise<Transport> {
  return (await createOpenTransport(options, deps)).transport;
}

/** The same with libp2p's node in reach, for tests that break its streams. */
export async function createOpenTransport(
  options: Libp2pTransportOptions,
  deps: TransportDeps,
): Promise<{ readonly transport: Transport; readonly libp2p: MeshLibp2p }> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', options.seed);
  const peerId = peerIdFromPrivateKey(privateKey).toString();
  const listeners = new Set<(event: TransportEvent) => void>();
  const links = createLinks({
    ownPeerId: peerId,
    clock: deps.clock,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    onSurvivor: (connection) => identify(connection),
  });
  const refusals = createRefusals();
  const gate = createGate(peerId, { clock: deps.clock, connectedFor: (other) => links.ageMs(other) });
  const settings = { ...options, privateKey, listen: parseAll(options.listen), announce: parseAll(options.announce) };
  const node = await createNode(settings, gate, refusals, deps);
  const { services } = node.libp2p;
  const identify = (connection: Connection | undefined): void => {
    if (connection !== undefined) services.identify.identify(connection).catch(() => {});
  };
  node.libp2p.addEventListener('connection:open', ({ detail }) => links.opened(detail));
  node.libp2p.addEventListener('connection:close', ({ detail }) => links.closed(detail));
  const broadcast = createBroadcast(services.pubsub, options.topics);

  let handlersFailed = 0;
  let watchdog: Watchdog | undefined;
  let stopReports = (): void => {};
  const counts = (): TransportCounts => ({
    refused: refusals.counts(),
    messages: broadcast.counts(),
    deaf: watchdog?.closed() ?? 0,
    duplicates: links.duplicates(),
    handlersFailed,
  });
  const transport: Transport = {
    peerId,
    async start() {
      await node.start();
      watchdog = watch(links, broadcast, identify, deps.clock);
      stopReports = reportCounts(counts, deps);
    },
    async stop() {
      broadcast.stop();
      watchdog?.stop();
      stopReports();
      await node.stop(links);
    },
    listening: () => node.listening(),
    peers: () => links.peers(),
    connect: (addresses, expected, signal) =>
      connect(addresses, expected, signal, { dial: node.libp2p.dial.bind(node.libp2p), links, peerId }),
    disconnect: (other) => links.disconnect(other, 'local'),
    open: (other, protocol, limits, signal) => openStream(links.best(other), protocol, limits, signal, deps.clock),
    handle: (protocol, limits, handler) => node.handle(protocol, limits, handler, () => (handlersFailed += 1)),
    publish: (topic, bytes) => broadcast.publish(topic, bytes),
    subscribe: (topic, validate, onMessage) => broadcast.subscribe(topic, validate, onMessage),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts,
  };
  return { transport, libp2p: node.libp2p };
}

async function connect(
  addresses: readonly string[],
  expected: string | undefined,
  signal: AbortSignal,
  deps: { readonly dial: Dial; readonly links: Links; readonly peerId: string },
): Promise<ConnectResult> {
  const attempts: DialAttempt[] = [];
  for (const address of addresses) {
    if (expected !== undefined && deps.links.best(expected) !== undefined) break;
    const attempt = await dialAddress(address, expected, deps.dial, signal, deps.peerId);
    attempts.push(attempt);
    if (attempt.outcome === 'connected' || attempt.outcome === 'aborted') break;
  }
  // Also after a failure: the peer may have dialled us meanwhile, and refused our dial for that.
  const wanted = expected ?? attempts.find(({ outcome }) => outcome === 'connected')?.peerId;
  const peer = deps.links.peers().find(({ peerId }) => peerId === wanted);
  return peer === undefined ? { attempts } : { peer, attempts };
}

const watch = (
  links: Links,
  broadcast: Broadcast,
  identify: (connection: Connection | undefined) => void,
  clock: Clock,
): Watchdog =>
  createWatchdog({
    clock,
    peers: () => links.peers().map(({ peerId }) => ({ peerId, ageMs: links.ageMs(peerId) ?? 0 })),
    carriesBroadcasts: (peerId) => broadcast.carries(peerId),
    identify: (peerId) => identify(links.best(peerId)),
    close: (peerId) => void links.disconnect(peerId, 'deaf'),
  });

const parseAll = (addresses: readonly string[]): readonly Address[] =>
  addresses.map((text) => {
    const address = parseAddress(text);
    if (address === undefined)
      throw new AgentError('config', `${text} is no IP address with a port, like 10.0.0.7:7576.`);
    return address;
  });
