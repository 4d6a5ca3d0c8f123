/** Faults by chance, the same for the same seed: whatever happened, in the end all have the same. */
import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type Random, createRandom } from '../../../test/lib/random.ts';
import { type MemoryNetwork, createMemoryNetwork } from '../transport/memory/network.ts';
import { type TestAgent, contentOf, link, startTestAgent } from './testing.ts';

const COUNT = 6;
const STEPS = 60;

interface Cast {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly random: Random;
  readonly agents: TestAgent[];
  /** By agent: how far its boot, reports and events have come. */
  readonly said: { boot: number; report: number; event: number; starts: number }[];
}

async function cast(seed: number): Promise<Cast> {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 3 });
  const random = createRandom(seed);
  const agents = await Promise.all(
    Array.from({ length: COUNT }, (_, at) =>
      startTestAgent({ number: at + 1, network, clock, random: () => random.next() }),
    ),
  );
  return { clock, network, random, agents, said: agents.map(() => ({ boot: 1, report: 0, event: 0, starts: 1 })) };
}

function speak({ agents, said }: Cast, at: number): void {
  const [agent, state] = [agents[at], said[at]];
  if (agent === undefined || state === undefined) return;
  state.report += 1;
  agent.say(agent.report(state.report, { boot: state.boot }));
  state.event += 1;
  agent.say(agent.event(state.event, { boot: state.boot, after: state.report, epoch: `epoch-${at}-${state.boot}xx` }));
}

/** Stops and starts again, with an empty book; its log begins anew, and its boot is one that nobody holds. */
async function restart({ clock, network, random, agents, said }: Cast, at: number): Promise<void> {
  const state = said[at];
  await agents[at]?.stop();
  if (state === undefined) return;
  state.boot += 1;
  state.starts += 1;
  state.report = 0;
  state.event = 0;
  agents[at] = await startTestAgent({
    number: at + 1,
    network,
    clock,
    random: () => random.next(),
    epoch: `book-${at}-${state.starts}`,
  });
}

async function act(scene: Cast): Promise<void> {
  const { network, random, agents, clock } = scene;
  const [one, other] = [random.pick(agents), random.pick(agents)];
  const kind = random.integer(10);
  if (kind < 4) speak(scene, random.integer(COUNT));
  else if (kind < 7 && one !== other) void link(one, other);
  else if (kind === 7) network.cut(one.keys.peerId, other.keys.peerId, { oneWay: random.chance(0.5) });
  else if (kind === 8) network.lose(one.keys.peerId, other.keys.peerId);
  else if (random.chance(0.3)) await restart(scene, random.integer(COUNT));
  else network.mendAll();
  await clock.advance(random.integer(1500));
}

async function settle({ network, agents, clock }: Cast): Promise<number> {
  network.mendAll();
  for (let seconds = 0; seconds <= 150; seconds += 1) {
    const [first, ...others] = agents.map(({ book }) => contentOf(book).join());
    if (others.every((other) => other === first)) return seconds;
    for (const [at, agent] of agents.entries()) {
      const next = agents[(at + 1) % COUNT];
      if (next !== undefined) void link(agent, next);
    }
    await clock.advance(1000);
  }
  throw new Error('never the same');
}

describe('whatever happened', () => {
  it.each(Array.from({ length: 12 }, (_, at) => at + 1))('all have the same in the end (seed %i)', async (seed) => {
    const scene = await cast(seed);
    for (let step = 0; step < STEPS; step += 1) await act(scene);
    for (let at = 0; at < COUNT; at += 1) speak(scene, at);

    const seconds = await settle(scene);

    // Cut exchanges end after 5 s, neighbours with whom they failed are left alone for up to 30 s.
    expect(seconds).toBeLessThanOrEqual(60);
    expect(scene.agents[0]?.book.stats().reports).toBe(COUNT);
    for (const { spread } of scene.agents) {
      const { failed, rejected } = spread.counts().sync;
      const { closed: _closed, timeout: _timeout, busy: _busy, ...defects } = failed;
      expect([defects, rejected]).toEqual([{}, 0]);
    }
  });
});
