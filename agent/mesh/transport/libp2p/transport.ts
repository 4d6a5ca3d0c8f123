/** The transport over TCP, by libp2p: Noise, yamux, gossipsub. Nothing outside this folder sees libp2p. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Connection } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { Clock } from '../../../base/clock.ts';
import { AgentError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { type Address, formatAddress, parseAddress } from '../address.ts';
import type {
  AdmissionKey,
  ConnectResult,
  ConnectedPeer,
  FrameLimits,
  OnMessage,
  OpenResult,
  PeerConduct,
  PublishResult,
  StreamHandler,
  StreamLimits,
  Transport,
  TransportCounts,
  TransportEvent,
  Validate,
} from '../types.ts';
import { type Broadcast, createBroadcast } from './broadcast.ts';
import { dialInTurn } from './dial.ts';
import { type TrafficMeter, createConnectionWatch, createTrafficMeter, watchBroadcasts } from './conduct.ts';
import { createGate } from './gate.ts';
import { type Links, createLinks } from './links.ts';
import { watchLiveness } from './liveness.ts';
import { type MeshLibp2p, type Node, createNode } from './node.ts';
import { openStream } from './open-stream.ts';
import { ping } from './ping.ts';
import { type Refusals, createRefusals } from './refusals.ts';
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
  /** Default: nobody is refused. */
  readonly conduct?: PeerConduct;
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
  const listeners: Listeners = new Set();
  const links = createLinks({
    ownPeerId: peerId,
    clock: deps.clock,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    onSurvivor: (connection) => identify(node, connection),
  });
  const refusals = createRefusals();
  const { clock, conduct = TOLERANT } = deps;
  const traffic = createTrafficMeter({ clock, conduct });
  const watchConnection = createConnectionWatch({ clock, conduct });
  const gate = createGate(peerId, {
    clock,
    connectedFor: (other) => links.ageMs(other),
    isRefused: (other) => conduct.isRefused(other),
    traffic,
  });
  const settings = { ...options, privateKey, listen: parseAll(options.listen), announce: parseAll(options.announce) };
  const node = await createNode(settings, gate, refusals, deps);
  watchBroadcasts(node.libp2p.services.pubsub, conduct);
  const broadcast = createBroadcast(node.libp2p.services.pubsub, options.topics);
  node.libp2p.addEventListener('connection:open', ({ detail }) => {
    watchConnection(detail);
    links.opened(detail);
  });
  node.libp2p.addEventListener('connection:close', ({ detail }) => links.closed(detail));
  const transport = new Libp2pTransport(peerId, { node, links, broadcast, refusals, listeners, traffic }, deps);
  return { transport, libp2p: node.libp2p };
}

type Listeners = Set<(event: TransportEvent) => void>;

interface Parts {
  readonly node: Node;
  readonly links: Links;
  readonly broadcast: Broadcast;
  readonly refusals: Refusals;
  readonly listeners: Listeners;
  readonly traffic: TrafficMeter;
}

const TOLERANT: PeerConduct = { isRefused: () => false, note: () => {} };

class Libp2pTransport implements Transport {
  readonly peerId: string;
  readonly #parts: Parts;
  readonly #deps: TransportDeps;
  #handlersFailed = 0;
  #silent = 0;
  #watchdog: Watchdog | undefined;
  #stops: (() => void)[] = [];

  constructor(peerId: string, parts: Parts, deps: TransportDeps) {
    this.peerId = peerId;
    this.#parts = parts;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { node, links } = this.#parts;
    await node.start();
    this.#watchdog = this.#watch();
    const stopLiveness = watchLiveness<Connection>({
      clock: this.#deps.clock,
      connections: () => links.connections(),
      ping,
      close: (connection) => {
        this.#silent += 1;
        void links.disconnect(connection.remotePeer.toString(), 'silent');
      },
    });
    this.#stops = [stopLiveness, reportCounts(() => this.counts(), this.#deps)];
  }

  async stop(): Promise<void> {
    this.#parts.broadcast.stop();
    this.#watchdog?.stop();
    this.#parts.traffic.stop();
    for (const stop of this.#stops) stop();
    await this.#parts.node.stop(this.#parts.links);
  }

  admit(clusterKeys: readonly AdmissionKey[]): void {
    const { node, links } = this.#parts;
    const { admission } = node.libp2p.services;
    admission.admit(clusterKeys.map(({ secret }) => secret));
    for (const connection of links.connections()) {
      const isAdmitted = admission.accepts(connection.encryption);
      if (!isAdmitted) void links.disconnect(connection.remotePeer.toString(), 'local');
    }
  }

  async relisten(texts: readonly string[]): Promise<void> {
    const { node, links } = this.#parts;
    const [addresses, before] = [parseAll(texts), node.listening()];
    const fresh = addresses.filter((address) => !before.includes(formatAddress(address)));
    if (fresh.length > 0) await node.listen(fresh);
    const gone = before.flatMap((text) => (texts.includes(text) ? [] : (parseAddress(text)?.family ?? [])));
    const isDead = ({ address }: ConnectedPeer): boolean =>
      gone.some((family) => family === parseAddress(address)?.family);
    await Promise.all(
      links
        .peers()
        .filter(isDead)
        .map(({ peerId }) => links.disconnect(peerId, 'local')),
    );
    await node.keepOnly(addresses);
  }

  listening(): readonly string[] {
    return this.#parts.node.listening();
  }

  peers(): readonly ConnectedPeer[] {
    return this.#parts.links.peers();
  }

  async connect(
    addresses: readonly string[],
    expected: string | undefined,
    signal: AbortSignal,
  ): Promise<ConnectResult> {
    const { node, links } = this.#parts;
    const attempts = await dialInTurn(addresses, expected, signal, {
      ownPeerId: this.peerId,
      dial: (address, options) => node.libp2p.dial(address, options),
      isConnected: (peerId) => links.best(peerId) !== undefined,
    });
    // Also after a failure: the peer may have dialled us meanwhile, and refused our dial for that.
    const wanted = expected ?? attempts.find(({ outcome }) => outcome === 'connected')?.peerId;
    const peer = links.peers().find(({ peerId }) => peerId === wanted);
    return peer === undefined ? { attempts } : { peer, attempts };
  }

  disconnect(peerId: string): Promise<void> {
    return this.#parts.links.disconnect(peerId, 'local');
  }

  open(peerId: string, protocol: string, limits: FrameLimits, signal: AbortSignal): Promise<OpenResult> {
    return openStream(this.#parts.links.best(peerId), protocol, limits, signal, this.#deps.clock);
  }

  handle(protocol: string, limits: StreamLimits, handler: StreamHandler): void {
    this.#parts.node.handle(protocol, limits, handler, () => (this.#handlersFailed += 1));
  }

  publish(topic: string, bytes: Uint8Array): Promise<PublishResult> {
    return this.#parts.broadcast.publish(topic, bytes);
  }

  subscribe(topic: string, validate: Validate, onMessage: OnMessage): void {
    this.#parts.broadcast.subscribe(topic, validate, onMessage);
  }

  watch(listener: (event: TransportEvent) => void): () => void {
    this.#parts.listeners.add(listener);
    return () => this.#parts.listeners.delete(listener);
  }

  counts(): TransportCounts {
    return {
      refused: this.#parts.refusals.counts(),
      messages: this.#parts.broadcast.counts(),
      deaf: this.#watchdog?.closed() ?? 0,
      silent: this.#silent,
      duplicates: this.#parts.links.duplicates(),
      handlersFailed: this.#handlersFailed,
    };
  }

  #watch(): Watchdog {
    const { node, links, broadcast } = this.#parts;
    return createWatchdog({
      clock: this.#deps.clock,
      peers: () => links.peers().map(({ peerId }) => ({ peerId, ageMs: links.ageMs(peerId) ?? 0 })),
      carriesBroadcasts: (peerId) => broadcast.carries(peerId),
      identify: (peerId) => identify(node, links.best(peerId)),
      close: (peerId) => void links.disconnect(peerId, 'deaf'),
    });
  }
}

/** Tells gossipsub of the peer on this connection, which makes it open the streams that are missing. */
function identify(node: Node, connection: Connection | undefined): void {
  if (connection === undefined) return;
  // It fails when the connection closes, and when the peer is frozen; the watchdog looks again.
  node.libp2p.services.identify.identify(connection).catch(() => {});
}

const parseAll = (addresses: readonly string[]): readonly Address[] =>
  addresses.map((text) => {
    const address = parseAddress(text);
    if (address === undefined)
      throw new AgentError('config', `${text} is no IP address with a port, like 10.0.0.7:7576.`);
    return address;
  });
