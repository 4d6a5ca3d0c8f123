/** The transport in memory: the same outcomes as over TCP, on a network that tests own. */
import { AgentError } from '../../../base/errors.ts';
import { canonicalAddress, parseAddress } from '../address.ts';
import type { ByteChannel } from '../channel.ts';
import { createFrameStream } from '../frame-stream.ts';
import { serve } from '../serve.ts';
import type {
  AdmissionKey,
  ConnectResult,
  ConnectedPeer,
  DialAttempt,
  DisconnectReason,
  FrameLimits,
  OnMessage,
  OpenResult,
  PublishResult,
  StreamHandler,
  StreamLimits,
  Transport,
  TransportCounts,
  TransportEvent,
  Validate,
} from '../types.ts';
import { type Flood, createFlood } from './flood.ts';
import { type MemoryLinks, createMemoryLinks } from './links.ts';
import type { MemoryNetwork } from './network.ts';

export interface MemoryTransportOptions {
  readonly peerId: string;
  readonly listen: readonly string[];
  /** Names of cluster keys; two transports connect that have one in common. */
  readonly keys?: readonly string[];
  readonly topics: readonly string[];
}

/** What transports in memory ask of each other and the network. */
export interface MemoryTransport extends Transport {
  readonly keys: readonly string[];
  readonly links: MemoryLinks;
  breakLink(peerId: string, why: DisconnectReason): void;
  /** A peer opens a stream; returns why not, or undefined when a handler has it. */
  accept(from: string, protocol: string, channel: ByteChannel): 'unsupported' | 'closed' | undefined;
  receive(from: string, topic: string, bytes: Uint8Array): void;
}

/** As libp2p's. */
const DIAL_MS = 3000;

export const createMemoryTransport = (options: MemoryTransportOptions, network: MemoryNetwork): MemoryTransport =>
  new NetworkedMemoryTransport(options, network);

class NetworkedMemoryTransport implements MemoryTransport {
  readonly peerId: string;
  keys: readonly string[];
  readonly links: MemoryLinks;
  readonly #network: MemoryNetwork;
  #listen: readonly string[];
  readonly #flood: Flood;
  readonly #listeners = new Set<(event: TransportEvent) => void>();
  readonly #handlers = new Map<
    string,
    { readonly limits: StreamLimits; readonly handler: StreamHandler; open: number }
  >();
  #state: 'new' | 'started' | 'stopped' = 'new';
  #handlersFailed = 0;

  constructor({ peerId, listen, keys = ['key'], topics }: MemoryTransportOptions, network: MemoryNetwork) {
    this.peerId = peerId;
    this.keys = keys;
    this.#network = network;
    this.#listen = listen.map((address) => canonicalAddress(address) ?? address);
    this.links = createMemoryLinks(peerId, network, (event) => this.#listeners.forEach((listener) => listener(event)));
    this.#flood = createFlood(topics, (to, topic, bytes) => this.links.tell(to, topic, bytes));
  }

  async start(): Promise<void> {
    this.#claim(this.#listen);
    this.#state = 'started';
    this.#network.register(this);
  }

  async stop(): Promise<void> {
    if (this.#state === 'started') this.#network.unregister(this);
    this.#state = 'stopped';
    for (const { peerId } of this.links.rows()) this.links.break(peerId, 'local');
  }

  admit(clusterKeys: readonly AdmissionKey[]): void {
    this.keys = clusterKeys.map(({ id }) => id);
    this.links.breakUnless(({ keys }) => keys.some((key) => this.keys.includes(key)));
  }

  async relisten(addresses: readonly string[]): Promise<void> {
    const next = addresses.map((address) => canonicalAddress(address) ?? address);
    this.#claim(next.filter((address) => !this.#listen.includes(address)));
    const gone = this.#listen.filter((address) => !next.includes(address)).map(familyOf);
    this.#network.unregister(this);
    this.#listen = next;
    this.#network.register(this);
    for (const { peerId, address } of this.links.rows())
      if (gone.includes(familyOf(address))) this.links.break(peerId, 'local');
  }

  listening(): readonly string[] {
    return this.#listen;
  }

  #claim(addresses: readonly string[]): void {
    const taken = addresses.find((address) => this.#network.at(address) !== undefined);
    if (taken !== undefined) throw new AgentError('unavailable', `The mesh cannot listen: ${taken} is in use.`);
  }

  peers(): readonly ConnectedPeer[] {
    return this.links.rows();
  }

  connect(addresses: readonly string[], expected: string | undefined, signal: AbortSignal): Promise<ConnectResult> {
    return connect(this, this.#network, addresses, expected, signal);
  }

  async disconnect(peerId: string): Promise<void> {
    this.links.break(peerId, 'local');
  }

  breakLink(peerId: string, why: DisconnectReason): void {
    this.links.break(peerId, why);
  }

  open(peerId: string, protocol: string, limits: FrameLimits, signal: AbortSignal): Promise<OpenResult> {
    return open(this, this.#network, peerId, protocol, limits, signal);
  }

  handle(protocol: string, limits: StreamLimits, handler: StreamHandler): void {
    this.#handlers.set(protocol, { limits, handler, open: 0 });
  }

  accept(from: string, protocol: string, channel: ByteChannel): 'unsupported' | 'closed' | undefined {
    const entry = this.#handlers.get(protocol);
    if (entry === undefined) return 'unsupported';
    if (entry.open >= entry.limits.maxStreamsPerPeer) return 'closed';
    entry.open += 1;
    const { clock } = this.#network;
    const stream = createFrameStream(from, channel, entry.limits, { clock, onClosed: () => (entry.open -= 1) });
    void serve(stream, entry.limits, entry.handler, clock).then((well) => {
      if (!well) this.#handlersFailed += 1;
    });
    return undefined;
  }

  async publish(topic: string, bytes: Uint8Array): Promise<PublishResult> {
    return this.#state === 'started' ? this.#flood.publish(topic, bytes, this.links.rows()) : { kind: 'failed' };
  }

  subscribe(topic: string, validate: Validate, onMessage: OnMessage): void {
    this.#flood.subscribe(topic, validate, onMessage);
  }

  receive(from: string, topic: string, bytes: Uint8Array): void {
    this.#flood.receive(from, topic, bytes, this.links.rows());
  }

  watch(listener: (event: TransportEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  counts(): TransportCounts {
    return {
      refused: { stranger: this.links.strangers(), limit: 0, other: 0 },
      messages: this.#flood.counts(),
      deaf: 0,
      silent: 0,
      duplicates: 0,
      handlersFailed: this.#handlersFailed,
    };
  }
}

const familyOf = (address: string): string | undefined => parseAddress(address)?.family;

async function connect(
  own: MemoryTransport,
  network: MemoryNetwork,
  addresses: readonly string[],
  expected: string | undefined,
  signal: AbortSignal,
): Promise<ConnectResult> {
  const attempts: DialAttempt[] = [];
  for (const text of addresses) {
    if (expected !== undefined && own.links.has(expected)) break;
    const address = canonicalAddress(text);
    if (address === undefined) {
      attempts.push({ address: text, outcome: 'invalid' });
      continue;
    }
    const attempt = signal.aborted
      ? ({ address, outcome: 'aborted' } as const)
      : { address, ...(await dial(own, network, address, expected, signal)) };
    attempts.push(attempt);
    if (attempt.outcome === 'connected' || attempt.outcome === 'aborted') break;
  }
  const wanted = expected ?? attempts.find(({ outcome }) => outcome === 'connected')?.peerId;
  const peer = own.peers().find(({ peerId }) => peerId === wanted);
  return peer === undefined ? { attempts } : { peer, attempts };
}

async function dial(
  own: MemoryTransport,
  network: MemoryNetwork,
  address: string,
  expected: string | undefined,
  signal: AbortSignal,
): Promise<Omit<DialAttempt, 'address'>> {
  const target = network.at(address);
  const cut =
    target !== undefined && (network.isCut(own.peerId, target.peerId) || network.isCut(target.peerId, own.peerId));
  await network.clock.sleep(cut ? DIAL_MS : 2 * network.latencyMs, signal);
  if (signal.aborted) return { outcome: 'aborted' };
  if (cut) return { outcome: 'timeout' };
  if (target === undefined || network.at(address) !== target) return { outcome: 'refused' };
  const { peerId } = target;
  if (peerId === own.peerId) return { outcome: 'self', peerId };
  if (!target.keys.some((key) => own.keys.includes(key))) {
    target.links.stranger();
    return { outcome: 'not-admitted' };
  }
  if (expected !== undefined && expected !== peerId) return { outcome: 'wrong-peer', peerId };
  if (!own.links.has(peerId)) own.links.join(target, address, own);
  return { outcome: 'connected', peerId };
}

async function open(
  own: MemoryTransport,
  network: MemoryNetwork,
  peerId: string,
  protocol: string,
  limits: FrameLimits,
  signal: AbortSignal,
): Promise<OpenResult> {
  if (!own.links.has(peerId)) return { kind: 'failed', why: 'not-connected' };
  if (signal.aborted) return { kind: 'failed', why: 'aborted' };
  const opened = await own.links.open(peerId, protocol, signal);
  if (typeof opened === 'string') return { kind: 'failed', why: opened };
  return { kind: 'open', stream: createFrameStream(peerId, opened, limits, { clock: network.clock }) };
}
