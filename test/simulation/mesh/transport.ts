/**
 * The transport of a virtual process: the parts of the one in memory (pipes, frames, broadcast) over lanes that lose,
 * delay and are cut. Unlike there, nobody learns of the end of a connection before the news has crossed the network.
 */
import { AgentError } from '../../../agent/base/errors.ts';
import { canonicalAddress } from '../../../agent/mesh/transport/address.ts';
import { createFrameStream } from '../../../agent/mesh/transport/frame-stream.ts';
import { watchLiveness } from '../../../agent/mesh/transport/libp2p/liveness.ts';
import { createFlood } from '../../../agent/mesh/transport/memory/flood.ts';
import { createPipe } from '../../../agent/mesh/transport/memory/pipe.ts';
import type { ByteChannel } from '../../../agent/mesh/transport/channel.ts';
import { serve } from '../../../agent/mesh/transport/serve.ts';
import type {
  ConnectedPeer,
  DialAttempt,
  FrameLimits,
  OpenFailure,
  OpenResult,
  StreamHandler,
  StreamLimits,
  Transport,
  TransportEvent,
} from '../../../agent/mesh/transport/types.ts';
import { type ConnectionEnd, OVER, connectEnds } from './connection.ts';
import type { VirtualProcess } from './virtual-process.ts';
import { handshakeMs } from './wire.ts';
import type { Air } from './air.ts';

export interface VirtualTransportOptions {
  readonly peerId: string;
  /** Name of the host in the network. */
  readonly host: string;
  readonly address: string;
  /** Names of cluster keys. */
  readonly keys: readonly string[];
  readonly topics: readonly string[];
}

/** What transports ask of each other. */
export interface VirtualTransport extends Transport {
  readonly options: VirtualTransportOptions;
  /** Names of the cluster keys that it accepts now. */
  keys(): readonly string[];
  readonly process: VirtualProcess;
  readonly ends: Map<string, ConnectionEnd>;
  emit(event: TransportEvent): void;
  accept(from: string, protocol: string, channel: ByteChannel): OpenFailure | undefined;
  receive(from: string, topic: string, bytes: Uint8Array): void;
  /** The process was killed: its kernel ends its connections. */
  kernelCloses(): void;
}

const DIAL_MS = 3000;
const OPEN_MS = 5000;

export function createVirtualTransport(
  options: VirtualTransportOptions,
  process: VirtualProcess,
  air: Air,
): VirtualTransport {
  const { clock } = process;
  const { peerId, host, address: own } = options;
  const ends = new Map<string, ConnectionEnd>();
  const listeners = new Set<(event: TransportEvent) => void>();
  const handlers = new Map<string, { readonly limits: StreamLimits; readonly handler: StreamHandler; open: number }>();
  let { keys } = options;
  let state: 'new' | 'started' | 'stopped' = 'new';
  let handlersFailed = 0;
  let stopLiveness: () => void = () => {};
  const rows = (): ConnectedPeer[] => [...ends.values()].map(({ row }) => row);
  const flood = createFlood(options.topics, (to, topic, bytes) =>
    ends.get(to)?.tell((there) => there.receive(peerId, topic, bytes)),
  );

  const dial = async (address: string, expected: string | undefined, signal: AbortSignal): Promise<DialAttempt> => {
    const there = air.hostAt(address);
    const took = there === undefined ? undefined : handshakeMs(air.network, host, there, DIAL_MS);
    await clock.sleep(took === undefined ? DIAL_MS : 3 * took, signal);
    if (signal.aborted) return { address, outcome: 'aborted' };
    if (took === undefined || there === undefined) return { address, outcome: 'timeout' };
    const target = air.transportAt(address);
    if (target === undefined) return { address, outcome: 'refused' };
    if (target.process.isFrozen()) await clock.sleep(DIAL_MS, signal);
    if (signal.aborted) return { address, outcome: 'aborted' };
    if (target.process.isFrozen() || !air.network.isConnected(host, there)) return { address, outcome: 'timeout' };
    if (air.transportAt(address) !== target || state !== 'started') return { address, outcome: 'closed' };
    return meet(address, target, expected);
  };

  const meet = (address: string, target: VirtualTransport, expected: string | undefined): DialAttempt => {
    const found = target.peerId;
    if (found === peerId) return { address, outcome: 'self', peerId };
    if (!target.keys().some((key) => keys.includes(key))) return { address, outcome: 'not-admitted' };
    if (expected !== undefined && expected !== found) return { address, outcome: 'wrong-peer', peerId: found };
    if (!ends.has(found)) connectEnds(transport, target, air);
    return { address, outcome: 'connected', peerId: found };
  };

  const transport: VirtualTransport = {
    peerId,
    options,
    keys: () => keys,
    process,
    ends,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    async start() {
      if (air.transportAt(own) !== undefined) throw new AgentError('unavailable', `${own} is in use.`);
      state = 'started';
      air.listen(own, transport);
      stopLiveness = watchLiveness({
        clock,
        connections: () => [...ends.values()],
        ping: (end, signal) => end.ping(signal),
        close: (end) => end.close('silent'),
      });
    },
    async stop() {
      if (state === 'started') air.unlisten(own, transport);
      state = 'stopped';
      stopLiveness();
      for (const end of ends.values()) end.close('local');
    },
    kernelCloses() {
      air.unlisten(own, transport);
      for (const end of ends.values()) end.kernelCloses();
      ends.clear();
    },
    admit(accepted) {
      keys = accepted.map(({ id }) => id);
    },
    relisten: async () => {},
    listening: () => [own],
    peers: rows,
    async connect(addresses, expected, signal) {
      const attempts: DialAttempt[] = [];
      for (const text of addresses) {
        if (expected !== undefined && ends.has(expected)) break;
        const address = canonicalAddress(text);
        const attempt: DialAttempt =
          address === undefined ? { address: text, outcome: 'invalid' } : await dial(address, expected, signal);
        attempts.push(attempt);
        if (attempt.outcome === 'connected' || attempt.outcome === 'aborted') break;
      }
      const wanted = expected ?? attempts.find(({ outcome }) => outcome === 'connected')?.peerId;
      const peer = wanted === undefined ? undefined : ends.get(wanted)?.row;
      return peer === undefined ? { attempts } : { peer, attempts };
    },
    async disconnect(peer) {
      ends.get(peer)?.close('local');
    },
    open: (peer, protocol, limits, signal) => open(transport, { peer, protocol, limits, signal }),
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
    publish: async (topic, bytes) => (state === 'started' ? flood.publish(topic, bytes, rows()) : { kind: 'failed' }),
    subscribe: (topic, validate, onMessage) => flood.subscribe(topic, validate, onMessage),
    receive: (from, topic, bytes) => flood.receive(from, topic, bytes, rows()),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts: () => ({
      refused: { stranger: 0, limit: 0, other: 0 },
      messages: flood.counts(),
      deaf: 0,
      silent: 0,
      duplicates: 0,
      handlersFailed,
    }),
  };
  return transport;
}

interface Opening {
  readonly peer: string;
  readonly protocol: string;
  readonly limits: FrameLimits;
  readonly signal: AbortSignal;
}

async function open(own: VirtualTransport, { peer, protocol, limits, signal }: Opening): Promise<OpenResult> {
  const end = own.ends.get(peer);
  if (end === undefined) return { kind: 'failed', why: 'not-connected' };
  if (signal.aborted) return { kind: 'failed', why: 'aborted' };
  const { clock } = own.process;
  const pipe = createPipe(
    (deliver) => end.tell(deliver),
    (deliver) => end.hear(deliver),
  );
  const answer = new AbortController();
  let failure: OpenFailure | undefined = 'closed';
  const pipes = end.hold(pipe.near);
  end.tell((there, theirEnd) => {
    theirEnd.hold(pipe.far);
    const refused = there.accept(own.peerId, protocol, pipe.far);
    end.hear(() => {
      failure = refused;
      answer.abort(OVER);
    });
  });
  // Not AbortSignal.any: what a process waits for that is killed meanwhile could never be collected.
  const over = new AbortController();
  const causes = [signal, answer.signal, pipes];
  const stop = (): void => over.abort(OVER);
  for (const cause of causes) cause.addEventListener('abort', stop);
  if (!causes.some(({ aborted }) => aborted)) await clock.sleep(OPEN_MS, over.signal);
  for (const cause of causes) cause.removeEventListener('abort', stop);
  if (signal.aborted) failure = 'aborted';
  else if (own.ends.get(peer) !== end) failure = 'closed';
  if (failure === undefined) {
    return { kind: 'open', stream: createFrameStream(peer, pipe.near, limits, { clock }) };
  }
  pipe.near.abort('');
  return { kind: 'failed', why: failure };
}
