/** Five agents over TCP on loopback: events at once, everything else by sync, and a sixth that comes late. */
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { TEST_CLUSTER, testEnvelope } from '../../agent/mesh/envelope/testing.ts';
import { createVerifier } from '../../agent/mesh/envelope/verifier.ts';
import { keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { createRecordBook } from '../../agent/mesh/records/record-book.ts';
import { type Delivery, createSpread } from '../../agent/mesh/spread/spread.ts';
import { EVENTS_TOPIC } from '../../agent/mesh/spread/topic.ts';
import { createOpenTransport } from '../../agent/mesh/transport/libp2p/transport.ts';
import { keyOf, seedOf, until } from './mesh-transport-support/libp2p-harness.ts';
import { note } from './mesh-transport-support/note.ts';

const EPOCH = 'AQIDBAUGBwg';
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(number: number) {
  const seed = seedOf(5000 + number);
  const keys = keyPairFromSeed(seed);
  const log = createLog('silent', `node-${number}`);
  const { transport } = await createOpenTransport(
    { seed, clusterKeys: [keyOf('spread')], listen: ['127.0.0.1:0'], announce: [], topics: [EVENTS_TOPIC] },
    { clock: systemClock, log },
  );
  await transport.start();
  const book = createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: `book-${number}` });
  const spread = createSpread(
    { author: keys.author },
    { transport, book, clock: systemClock, random: Math.random, log },
  );
  const deliveries: Delivery[] = [];
  spread.onRecord((delivery) => deliveries.push(delivery));
  spread.start();
  stops.push(async () => {
    spread.stop();
    await transport.stop();
  });
  const say = (type: string, ...items: readonly unknown[]): void =>
    void spread.publishOwn(testEnvelope(keys, type, [1, 1, 1, `node-${number}`, ...items]));
  return { transport, book, spread, deliveries, say };
}

type Agent = Awaited<ReturnType<typeof start>>;

const connect = (one: Agent, other: Agent): Promise<unknown> =>
  one.transport.connect(other.transport.listening(), other.transport.peerId, AbortSignal.timeout(5000));

it('five agents hear events at once and agree on everything; a sixth catches up', async () => {
  const agents = await Promise.all([1, 2, 3, 4, 5].map(start));
  const [first] = agents;
  for (const [at, agent] of agents.entries()) {
    for (const other of agents.slice(at + 1)) await connect(agent, other);
  }
  await until(() => agents.every(({ transport }) => transport.peers().length === 4), 'a full mesh');
  for (const agent of agents) agent.say('report', 'x'.repeat(300));
  await until(() => agents.every(({ book }) => book.stats().reports === 5), 'all reports everywhere');
  // gossipsub has its mesh after a heartbeat.
  await new Promise((resolve) => setTimeout(resolve, 1500));

  const from = performance.now();
  first?.say('event', EPOCH, 1, 1, 'agent-notice', 'something happened');
  await until(() => agents.every(({ book }) => book.stats().events === 1), 'the event everywhere');
  const heardMs = performance.now() - from;
  for (const sequence of [2, 3, 4, 5, 6]) first?.say('event', EPOCH, sequence, 1, 'agent-notice', 'and more');
  await until(() => agents.every(({ book }) => book.stats().events === 6), 'what had no turn too');
  const allMs = performance.now() - from;

  const late = await start(6);
  const answer = late.spread.highestBoot();
  if (first !== undefined) await connect(late, first);
  expect(await answer).toBe(0);
  await until(() => late.book.stats().events === 6 && late.book.stats().reports === 5, 'the sixth has all');
  late.say('report', 'late');
  await until(() => agents.every(({ book }) => book.stats().reports === 6), 'and is heard');

  note(`event at the last of 5: ${heardMs.toFixed(0)} ms; 5 more in one go: ${allMs.toFixed(0)} ms`);
  expect(heardMs).toBeLessThan(400);
  for (const { deliveries, spread } of [...agents, late]) {
    expect(deliveries).toHaveLength(12);
    expect(spread.counts().sync).toMatchObject({ rejected: 0 });
    expect(spread.counts().events).toMatchObject({ rejected: 0, failed: 0 });
  }
});
