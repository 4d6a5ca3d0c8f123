import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { type MemoryNetwork, createMemoryNetwork } from '../transport/memory/network.ts';
import { type TestAgent, type TestAgentOptions, contentOf, link, linkAll, startTestAgent } from './testing.ts';

interface World {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly agents: readonly TestAgent[];
  readonly start: (number: number, options?: Partial<TestAgentOptions>) => Promise<TestAgent>;
}

async function world(count: number, seed = 1): Promise<World> {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 2 });
  const random = createRandom(seed);
  const start: World['start'] = (number, options) =>
    startTestAgent({ number, network, clock, random: () => random.next(), ...options });
  const agents = await Promise.all(Array.from({ length: count }, (_, at) => start(at + 1)));
  void linkAll(agents);
  await clock.advance(100);
  return { clock, network, agents, start };
}

const haveTheSame = (agents: readonly TestAgent[]): boolean => {
  const [first, ...others] = agents.map(({ book }) => contentOf(book).join());
  return others.every((other) => other === first);
};

/** Advances until it holds; the virtual seconds that it took. */
async function secondsUntil(clock: FakeClock, holds: () => boolean, most: number): Promise<number> {
  for (let seconds = 0; seconds <= most; seconds += 1) {
    if (holds()) return seconds;
    await clock.advance(1000);
  }
  throw new Error(`not within ${most} s`);
}

const pairs = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((one, at) => items.slice(at + 1).map((other): [T, T] => [one, other]));

describe('agents', () => {
  it.each([2, 5, 20])('%i of them have every report and every event of all within a few rounds', async (count) => {
    const { clock, agents } = await world(count);
    for (const agent of agents) {
      agent.say(agent.report(1));
      for (const sequence of [1, 2, 3]) agent.say(agent.event(sequence));
    }

    const took = await secondsUntil(clock, () => haveTheSame(agents), 20);

    expect(agents[0]?.book.stats()).toMatchObject({ reports: count, events: 3 * count });
    expect(took).toBeLessThanOrEqual(15);
    expect(agents.map(({ spread }) => spread.counts().sync.failed)).toEqual(agents.map(() => ({})));
  });

  it('tell every listener of every record once', async () => {
    const { clock, agents } = await world(5);
    for (const agent of agents) {
      agent.say(agent.report(1));
      for (const sequence of [1, 2]) agent.say(agent.event(sequence));
    }
    await clock.advance(30_000);

    for (const { deliveries } of agents) {
      const names = deliveries.map(({ record }) => `${prefixOf(record.author)} ${record.type} ${record.sequence}`);
      expect([names.length, new Set(names).size]).toEqual([15, 15]);
    }
  });

  it('hear an event at once and fetch the report that it came after', async () => {
    const { clock, agents } = await world(2);
    const [one, other] = agents;
    one?.say(one.report(1));
    await clock.advance(10_000);
    one?.say(one.report(2));
    one?.say(one.event(1, { after: 2 }));
    await clock.advance(10);
    const heard = other?.book.stats().events;
    await clock.advance(400);

    expect(heard).toBe(1);
    expect(one && other?.book.latest(one.keys.author, 'report')?.sequence).toBe(2);
  });

  it('fetch what its author had no turn to broadcast', async () => {
    const { clock, agents } = await world(2);
    const [one, other] = agents;
    one?.say(one.report(1));
    await clock.advance(10_000);
    for (const sequence of [1, 2, 3, 4, 5, 6]) one?.say(one.event(sequence));
    await clock.advance(800);

    expect(one?.spread.counts().events).toMatchObject({ published: 2, coalesced: 4 });
    expect(other?.book.stats().events).toBe(6);
  });

  it('agree again after a partition, whatever was said on both sides', async () => {
    const { clock, network, agents } = await world(6);
    const across = pairs(agents).filter(
      ([one, other]) => agents.indexOf(one) < 3 && agents.indexOf(other) >= 3 && one !== other,
    );
    const named = (pair: [TestAgent, TestAgent]) => pair.map(({ keys }) => keys.peerId) as [string, string];
    await clock.advance(10_000);
    for (const pair of across) network.cut(...named(pair));
    for (let round = 1; round <= 10; round += 1) {
      for (const agent of agents) {
        agent.say(agent.report(round));
        agent.say(agent.event(round, { after: round }));
      }
      await clock.advance(3000);
    }
    const apart = haveTheSame(agents);
    for (const pair of across) {
      network.mend(...named(pair));
      network.lose(...named(pair));
      void link(...pair);
    }

    const took = await secondsUntil(clock, () => haveTheSame(agents), 10);

    expect([apart, agents[5]?.book.stats().events]).toEqual([false, 60]);
    expect(took).toBeLessThanOrEqual(10);
  });

  it('give back what one of them lost with its database, its own words included', async () => {
    const { clock, agents, start } = await world(2);
    const [one, other] = agents as [TestAgent, TestAgent];
    one.say(one.report(7, { boot: 4 }));
    one.say(one.event(1, { boot: 4, after: 7 }));
    other.say(other.report(1));
    await clock.advance(10_000);
    await one.stop();
    await clock.advance(100);
    const again = await start(1, { epoch: 'another-book' });
    const asked = again.spread.highestBoot();
    void link(again, other);
    await clock.advance(500);

    expect(await asked).toBe(4);
    expect(haveTheSame([again, other])).toBe(true);
  });

  it('see to it when a neighbour started anew, with another epoch', async () => {
    const { clock, agents, start } = await world(2);
    const [one, other] = agents as [TestAgent, TestAgent];
    for (const agent of agents) agent.say(agent.report(1));
    await clock.advance(10_000);
    // The same records, read from its disk in another order: old offsets mean something else there.
    const again = await one.stop().then(() => start(1, { epoch: 'after-restart' }));
    for (const bytes of [one.report(1), other.report(1)]) again.book.offer(bytes, 'disk', 0);
    again.say(again.report(1, { boot: 2 }));
    void link(other, again);
    await clock.advance(500);

    expect(other.book.latest(one.keys.author, 'report')?.boot).toBe(2);
    expect(other.spread.counts().sync.failed).toEqual({});
  });

  it('end up silent: what everybody has is not sent again', async () => {
    const { clock, agents } = await world(5);
    for (const agent of agents) {
      agent.say(agent.report(1));
      agent.say(agent.event(1));
    }
    await secondsUntil(clock, () => haveTheSame(agents), 20);
    await clock.advance(10_000);
    const before = agents.map(({ spread }) => spread.counts().sync);
    await clock.advance(120_000);

    for (const [at, { spread }] of agents.entries()) {
      const { recordsSent, idsSent, bytesSent, done } = spread.counts().sync;
      const exchanges = done.own + done.served - (before[at]?.done.own ?? 0) - (before[at]?.done.served ?? 0);
      expect([recordsSent - (before[at]?.recordsSent ?? 0), idsSent - (before[at]?.idsSent ?? 0)]).toEqual([0, 0]);
      // HELLO, and hashes of 4 KiB once or twice a minute.
      expect(bytesSent - (before[at]?.bytesSent ?? 0)).toBeLessThan(exchanges * 60 + 8 * 4097);
    }
  });

  it('receive each record about once, from one neighbour', async () => {
    const { clock, agents } = await world(20);
    for (const agent of agents) agent.say(agent.report(1));
    await secondsUntil(clock, () => haveTheSame(agents), 20);

    for (const { spread } of agents) expect(spread.counts().sync.recordsReceived).toBeLessThanOrEqual(22);
  });

  it('stop broadcasting in a storm, and everything arrives', async () => {
    const { clock, agents } = await world(20);
    for (const agent of agents) agent.say(agent.report(1));
    await clock.advance(10_000);
    for (let burst = 1; burst <= 8; burst += 1) {
      for (const agent of agents) agent.say(agent.event(burst));
      await clock.advance(250);
    }
    const inStorm = agents.map(({ spread }) => spread.counts().events);
    const took = await secondsUntil(clock, () => haveTheSame(agents), 20);
    await clock.advance(3000);

    expect(inStorm.every(({ storm, braked }) => storm && braked > 0)).toBe(true);
    expect(took).toBeLessThanOrEqual(15);
    expect(agents[0]?.book.stats().events).toBe(160);
    expect(agents.map(({ spread }) => spread.counts().events.storm)).toEqual(agents.map(() => false));
  });
});

describe('long event logs', () => {
  it('arrive whole, although their author may not say so much at once', async () => {
    const { clock, agents, start } = await world(1);
    const [author] = agents as [TestAgent];
    author.say(author.report(1));
    for (let sequence = 1; sequence <= 390; sequence += 1) {
      author.book.offer(author.event(sequence), author.keys.peerId, clock.monotonic() + sequence * 100);
    }
    const fresh = await start(2);
    void link(fresh, author);
    await clock.advance(1000);
    const atOnce = fresh.book.stats().events;
    const took = await secondsUntil(clock, () => haveTheSame([author, fresh]), 130);

    expect(atOnce).toBeGreaterThanOrEqual(200);
    expect(author.book.stats().events).toBe(390);
    expect(took).toBeGreaterThan(0);
    expect(fresh.spread.counts().sync.recordsReceived).toBeLessThan(391 + 200);
  });
});

describe('the claim of a boot', () => {
  it('waits 3 s where there is nobody, and no longer', async () => {
    const { clock, agents } = await world(1);
    let answer: number | undefined | 'none' = 'none';
    void agents[0]?.spread.highestBoot().then((boot) => (answer = boot));
    await clock.advance(2800);
    const early = answer;
    await clock.advance(300);

    expect([early, answer]).toEqual(['none', undefined]);
  });

  it('is beyond what was seen of the key and never proved, and who speaks hears of it, too', async () => {
    const { clock, agents } = await world(2);
    const [one, other] = agents as [TestAgent, TestAgent];
    one.say(one.report(1, { boot: 4 }));
    await clock.advance(10_000);
    const heard: number[] = [];
    one.spread.onHeldBoot((boot) => heard.push(boot));
    other.book.attest(prefixOf(one.keys.author), { boot: 6, sequence: 1 }, clock.monotonic());
    await clock.advance(10_000);

    expect(heard).toContain(6);
    expect(await one.spread.highestBoot()).toBe(6);
  });

  it('is 0 where nobody has heard of the agent', async () => {
    const { clock, agents } = await world(2);
    const answer = agents[0]?.spread.highestBoot();
    await clock.advance(3000);

    expect(await answer).toBe(0);
  });
});
