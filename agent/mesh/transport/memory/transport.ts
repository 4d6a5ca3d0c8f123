/** The transport in memory: the same outcomes as over TCP, on a network that tests own. */
import { AgentError } from '../../../base/errors.ts';
import { canonicalAddress } from '../address.ts';
import type { ByteChannel } from '../channel.ts';
import { createFrameStream } from '../frame-stream.ts';
import { serve } from '../serve.ts';
import type {
  ConnectResult,
  DialAttempt,
  DisconnectReason,
  FrameLimits,
  OpenResult,
  StreamHandler,
  StreamLimits,
  Transport,
  TransportEvent,
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

export function createMemoryTransport(options: MemoryTransportOptions, network: MemoryNetwork): MemoryTransport {
  const { clock } = network;
  const listeners = new Set<(event: TransportEvent) => void>();
  const emit = (event: TransportEvent): void => listeners.forEach((listener) => listener(event));
  const handlers = new Map<string, { readonly limits: StreamLimits; readonly handler: StreamHandler; open: number }>();
  const links = createMemoryLinks(options.peerId, network, emit);
  const flood: Flood = createFlood(options.topics, (peerId, topic, bytes) => links.tell(peerId, topic, bytes));
  const listen = options.listen.map((address) => canonicalAddress(address) ?? address);
  let state: 'new' | 'started' | 'stopped' = 'new';
  let handlersFailed = 0;

  const transport: MemoryTransport = {
    peerId: options.peerId,
    keys: options.keys ?? ['key'],
    links,
    async start() {
      const taken = listen.find((address) => network.at(address) !== undefined);
      if (taken !== undefined) throw new AgentError('unavailable', `The mesh cannot listen: ${taken} is in use.`);
      state = 'started';
      network.register(transport);
    },
    async stop() {
      if (state === 'started') network.unregister(transport);
      state = 'stopped';
      for (const { peerId } of links.rows()) links.break(peerId, 'local');
    },
    listening: () => listen,
    peers: () => links.rows(),
    connect: (addresses, expected, signal) => connect(transport, network, addresses, expected, signal),
    async disconnect(peerId) {
      links.break(peerId, 'local');
    },
    breakLink: (peerId, why) => links.break(peerId, why),
    open: (peerId, protocol, limits, signal) => open(transport, network, peerId, protocol, limits, signal),
    handle: (protocol, limits, handler) => void handlers.set(protocol, { limits, handler, open: 0 }),
    accept(from, protocol, channel) {
      const entry = handlers.get(protocol);
      if (entry === undefined) return 'unsupported';
      if (entry.open >= entry.limits.maxStreamsPerPeer) return 'closed';
      entry.open += 1;
      const stream = createFrameStream(from, channel, entry.limits, { clock, onClosed: () => (entry.open -= 1) });
      void serve(stream, entry.limits, entry.handler, clock).then((well) => {
        if (!well) handlersFailed += 1;
      });
      return undefined;
    },
    async publish(topic, bytes) {
      return state === 'started' ? flood.publish(topic, bytes, links.rows()) : { kind: 'failed' };
    },
    subscribe: (topic, validate, onMessage) => flood.subscribe(topic, validate, onMessage),
    receive: (from, topic, bytes) => flood.receive(from, topic, bytes, links.rows()),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts: () => ({
      refused: { stranger: links.strangers(), limit: 0, other: 0 },
      messages: flood.counts(),
      deaf: 0,
      silent: 0,
      duplicates: 0,
      handlersFailed,
    }),
  };
  return transport;
}

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
