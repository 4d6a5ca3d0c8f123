import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { createMemoryNetwork } from '../transport/memory/network.ts';
import { type TestAgent, contentOf, linkAll, startTestAgent } from './testing.ts';

interface World {
  readonly clock: FakeClock;
  readonly agents: readonly TestAgent[];
}

async function world(count: number, seed = 1): Promise<World> {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 2 });
  const randomness = createRandom(seed);
  const random = (): number => randomness.next();
  const agents = await Promise.all(
    Array.from({ length: count }, (_, at) => startTestAgent({ number: at + 1, network, clock, random })),
  );
  void linkAll(agents);
  await clock.advance(100);
  return { clock, agents };
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
});
