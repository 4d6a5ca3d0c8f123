/**
 * Two agents, and nobody between them who could bring it another way: each stream of theirs is aborted by hand, one
 * after the other, at either end. What is said afterwards arrives within seconds, by gossip or by sync.
 */
import type { Stream } from '@libp2p/interface';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { TEST_CLUSTER, testEnvelope } from '../../agent/mesh/envelope/testing.ts';
import { createVerifier } from '../../agent/mesh/envelope/verifier.ts';
import { keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { createPeerManager } from '../../agent/mesh/peer-manager/peer-manager.ts';
import { createRecordBook } from '../../agent/mesh/records/record-book.ts';
import { SYNC_PROTOCOL } from '../../agent/mesh/spread/protocol.ts';
import { createSpread } from '../../agent/mesh/spread/spread.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { createOpenTransport } from '../../agent/mesh/transport/libp2p/transport.ts';
import { keyOf, seedOf, until } from './mesh-transport-support/libp2p-harness.ts';
import { note } from './mesh-transport-support/note.ts';

const BOUND_MS = 6000;
/** A neighbour with whom an exchange failed is left alone for 5 s, and its turn comes every 5 s. */
const REPORT_BOUND_MS = 11_000;
const EPOCH = 'AQIDBAUGBwg';
const GOSSIP = '/meshsub/';
/** Beyond the watchdog's grace for new connections. */
const GRACE_MS = 3500;

async function start(number: number) {
  const seed = seedOf(7000 + number);
  const keys = keyPairFromSeed(seed);
  const log = createLog('silent', `node-${number}`);
  const { transport, libp2p } = await createOpenTransport(
    { seed, clusterKeys: [keyOf('streams')], listen: ['127.0.0.1:0'], announce: [], topics: [EVENTS_TOPIC] },
    { clock: systemClock, log },
  );
  await transport.start();
  const book = createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: `book-${number}` });
  const deps = { transport, book, clock: systemClock, random: Math.random, log };
  const spread = createSpread({ author: keys.author }, deps);
  const manager = createPeerManager({ allowLoopback: true, ownAddresses: [] }, deps);
  spread.start();
  manager.start();
  let [place, sequence] = [0, 0];
  return {
    keys,
    transport,
    spread,
    book,
    manager,
    streams: (protocol: string): Stream[] =>
      libp2p.getConnections().flatMap(({ streams }) => streams.filter((one) => one.protocol.startsWith(protocol))),
    event() {
      place += 1;
      spread.publishOwn(testEnvelope(keys, 'event', [1, 1, 1, `node-${number}`, EPOCH, place, 1, 'agent-notice', 'x']));
    },
    report() {
      sequence += 1;
      spread.publishOwn(testEnvelope(keys, 'report', [1, sequence, sequence, `node-${number}`]));
    },
    /** Of this agent, as the other one has it. */
    heardBy: (other: { readonly book: typeof book }) => ({
      events: other.book.events(keys.author).length === place,
      report: (other.book.latest(keys.author, 'report')?.sequence ?? 0) === sequence,
    }),
    async stop() {
      manager.stop();
      spread.stop();
      await transport.stop();
    },
  };
}

type Agent = Awaited<ReturnType<typeof start>>;

let agents: { readonly a: Agent; readonly b: Agent };

/** Both have said something: since when each has heard the other. */
async function resumesMs({ a, b }: typeof agents): Promise<number> {
  const from = performance.now();
  a.event();
  b.event();
  await until(() => a.heardBy(b).events && b.heardBy(a).events, 'both hear the other');
  return performance.now() - from;
}
const gossipOf = (agent: Agent, direction: Stream['direction']): Stream[] =>
  agent.streams(GOSSIP).filter((one) => one.direction === direction && one.status === 'open');
/** All four ends are there, on a connection that is no longer new. */
const untilSound = async ({ a, b }: typeof agents): Promise<void> => {
  const isSound = (): boolean =>
    [a, b].every((one) => gossipOf(one, 'inbound').length === 1 && gossipOf(one, 'outbound').length === 1);
  await until(isSound, 'all four ends of gossip');
  await sleep(GRACE_MS);
  await until(isSound, 'all four ends of gossip still');
};

beforeAll(async () => {
  const [a, b] = await Promise.all([start(1), start(2)]);
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.manager.learn(other.transport.peerId, other.transport.listening());
    one.manager.setNeighbours([other.transport.peerId]);
  }
  agents = { a, b };
  await until(() => a.transport.peers().length === 1, 'connected');
  a.report();
  b.report();
  await until(() => a.heardBy(b).report && b.heardBy(a).report, 'both have the report');
});
afterAll(() => Promise.all([agents.a.stop(), agents.b.stop()]));

it.each([
  ['a', 'outbound'],
  ['a', 'inbound'],
  ['b', 'outbound'],
  ['b', 'inbound'],
] as const)('the gossip stream of %s that is %s', async (name, direction) => {
  await untilSound(agents);
  const [stream] = gossipOf(agents[name], direction);
  stream?.abort(new Error('aborted by hand'));
  const tookMs = await resumesMs(agents);
  note(`gossip of ${name}, ${direction}: ${Math.round(tookMs)} ms`);
  expect(stream).toBeDefined();
  expect(tookMs).toBeLessThan(2 * BOUND_MS);
});

it.each([
  ['a', 'outbound'],
  ['a', 'inbound'],
] as const)('the sync stream of %s that is %s', async (name, direction) => {
  const from = performance.now();
  agents.a.report();
  agents.b.report();
  let stream: Stream | undefined;
  while (stream === undefined && performance.now() - from < 30_000) {
    stream = agents[name].streams(SYNC_PROTOCOL).find((one) => one.direction === direction && one.status === 'open');
    await nextTurn();
  }
  stream?.abort(new Error('aborted by hand'));
  const abortedAt = performance.now();
  const tookMs = await resumesMs(agents);
  const { a, b } = agents;
  await until(() => a.heardBy(b).report && b.heardBy(a).report, 'both have the report');
  const reportMs = performance.now() - abortedAt;
  note(`sync of ${name}, ${direction}: events ${Math.round(tookMs)} ms, reports ${Math.round(reportMs)} ms`);
  expect(stream).toBeDefined();
  expect(tookMs).toBeLessThan(2 * BOUND_MS);
  expect(reportMs).toBeLessThan(2 * REPORT_BOUND_MS);
});
