/** Agents that spread records over the transport in memory, for tests and measurements. */
import type { Clock } from '../../base/clock.ts';
import { TEST_CLUSTER, testEnvelope, testKeys } from '../envelope/testing.ts';
import { type Verifier, createVerifier } from '../envelope/verifier.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { type RecordBook, createRecordBook } from '../records/record-book.ts';
import { type MemoryTransport, createMemoryTransport } from '../transport/memory/transport.ts';
import type { MemoryNetwork } from '../transport/memory/network.ts';
import type { FrameStream } from '../transport/types.ts';
import { type Delivery, type Spread, type SpreadDeps, createSpread } from './spread.ts';
import { EVENTS_TOPIC } from './topic.ts';

export interface TestAgent {
  readonly keys: KeyPair;
  readonly transport: MemoryTransport;
  readonly book: RecordBook;
  readonly spread: Spread;
  readonly deliveries: Delivery[];
  report(sequence: number, options?: { boot?: number; content?: number; text?: string }): Uint8Array;
  /** @param options after: sequence of the report that it came after */
  event(sequence: number, options?: { boot?: number; epoch?: string; after?: number }): Uint8Array;
  /** Tells the others. */
  say(envelope: Uint8Array): void;
  stop(): Promise<void>;
}

export interface TestAgentOptions {
  readonly number: number;
  readonly network: MemoryNetwork;
  readonly clock: Clock;
  readonly random: () => number;
  /** Another start has another. */
  readonly epoch?: string;
  readonly book?: RecordBook;
  readonly verifier?: Verifier;
  readonly isNews?: SpreadDeps['isNews'];
  /** Changes frames of sync that this agent sends. */
  readonly tamper?: (frame: Uint8Array) => Uint8Array;
}

export const TEST_EPOCH = 'AQIDBAUGBwg';

const addressOf = (number: number): string => `10.0.${number >> 8}.${number & 255}:7576`;

/** Started, and connected with nobody. */
export async function startTestAgent(options: TestAgentOptions): Promise<TestAgent> {
  const { number, network, clock, random } = options;
  const keys = testKeys(number);
  const verifier = options.verifier ?? createVerifier({ clusterId: TEST_CLUSTER });
  const book = options.book ?? createRecordBook({ verifier, epoch: options.epoch ?? `book-${number}` });
  const transport = createMemoryTransport(
    { peerId: keys.peerId, listen: [addressOf(number)], topics: [EVENTS_TOPIC] },
    network,
  );
  await transport.start();
  const spread = createSpread(
    { author: keys.author },
    {
      transport: patient(transport, options.tamper ?? ((frame) => frame)),
      book,
      clock,
      random,
      log: { error: fail },
      ...(options.isNews && { isNews: options.isNews }),
    },
  );
  const deliveries: Delivery[] = [];
  spread.onRecord((delivery) => deliveries.push(delivery));
  spread.start();
  const node = `node-${number}`;
  return {
    keys,
    transport,
    book,
    spread,
    deliveries,
    report: (sequence, { boot = 1, content = sequence, text = 'x'.repeat(200) } = {}) =>
      testEnvelope(keys, 'report', [boot, sequence, content, node, text]),
    event: (sequence, { boot = 1, epoch = TEST_EPOCH, after = 1 } = {}) =>
      testEnvelope(keys, 'event', [boot, after, after, node, epoch, sequence, 1, 'agent-notice', 'x']),
    say: (envelope) => void spread.publishOwn(envelope),
    async stop() {
      spread.stop();
      await transport.stop();
    },
  };
}

/** Connects one with the other, once the network has carried it. */
export const link = (one: TestAgent, other: TestAgent): Promise<unknown> =>
  one.transport.connect(other.transport.listening(), other.keys.peerId, new AbortController().signal);

/** A ring with two more neighbours each, some way off: no two are far apart. */
export async function linkAll(agents: readonly TestAgent[]): Promise<void> {
  const links = agents.flatMap((agent, at) =>
    [1, 3].map((step) => {
      const other = agents[(at + step) % agents.length];
      return other === undefined || other === agent ? Promise.resolve() : link(agent, other);
    }),
  );
  await Promise.all(links);
}

/** All that a book holds, without the ages. */
export const contentOf = (book: RecordBook): string[] =>
  book
    .since(0, Number.MAX_SAFE_INTEGER)
    .map(({ bytes }) => Buffer.from(bytes).toString('base64'))
    .sort();

/** In memory the bound on streams is one for all peers together. */
function patient(transport: MemoryTransport, tamper: (frame: Uint8Array) => Uint8Array): SpreadDeps['transport'] {
  const tampered = (stream: FrameStream): FrameStream => ({
    peerId: stream.peerId,
    send: (frame, signal) => stream.send(tamper(frame), signal),
    receive: (signal) => stream.receive(signal),
    close: () => stream.close(),
    abort: () => stream.abort(),
  });
  return {
    peerId: transport.peerId,
    async open(...call) {
      const opened = await transport.open(...call);
      return opened.kind === 'open' ? { kind: 'open', stream: tampered(opened.stream) } : opened;
    },
    handle: (name, limits, handler) =>
      transport.handle(name, { ...limits, maxStreamsPerPeer: 64 }, (stream, signal) =>
        handler(tampered(stream), signal),
      ),
    peers: () => transport.peers(),
    watch: (listener) => transport.watch(listener),
    publish: (topic, bytes) => transport.publish(topic, bytes),
    subscribe: (...call) => transport.subscribe(...call),
  };
}

function fail(...parts: unknown[]): void {
  throw new Error(`A defect was logged: ${JSON.stringify(parts)}`);
}
