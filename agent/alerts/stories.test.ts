/** Faults of several nodes, which change while they last. */
import { describe, expect, it } from 'vitest';
import { AlertWorld } from '../../test/lib/alert-world.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const MINUTE = 60_000;
const begun = async (options: Partial<ConstructorParameters<typeof AlertWorld>[0]> = {}): Promise<AlertWorld> => {
  const world = new AlertWorld({ names: NAMES, ...options });
  await world.clock.advance(MINUTE);
  return world;
};
const nodes = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `w${from + index}`);
/** In the place of what it was about before. */
const now = (world: AlertWorld, reason: string, names: readonly string[], severity: 'critical' | 'warning'): void => {
  world.end(reason);
  world.raise(reason, names, { severity });
};

describe('a story', () => {
  it('is told though its nodes change more often than it is waited for', async () => {
    const world = await begun();
    for (let round = 0; round < 30; round += 1) {
      now(world, 'NodesLost', nodes(3 + (round % 4)), 'warning');
      await world.clock.advance(5000);
    }
    expect(world.told()).toHaveLength(1);
    expect(world.messages[0]?.alerts[0]?.nodes.length).toBeGreaterThan(2);
  });

  it('is told though it is of one node and of two by turns', async () => {
    const world = await begun();
    for (let round = 0; round < 12; round += 1) {
      world.end('NodesLost');
      world.end('NodeUnreachable');
      if (round % 2 === 0) world.raise('NodeUnreachable', ['w1']);
      else world.raise('NodesLost', ['w1', 'w2']);
      await world.clock.advance(10_000);
    }
    expect(world.messages.length).toBeGreaterThan(0);
  });

  it('is one message where five hundred come back one by one, and one for its end', async () => {
    const world = await begun();
    now(world, 'NodesLost', nodes(500), 'critical');
    await world.clock.advance(2 * MINUTE);
    for (let left = 499; left > 0; left -= 1) {
      world.end('NodesLost');
      if (left > 1) world.raise('NodesLost', nodes(left), { severity: 'critical' });
      else world.raise('NodeUnreachable', nodes(1), { severity: 'critical' });
      await world.clock.advance(10_000);
    }
    expect(world.told().map((one) => one.slice(4))).toEqual(['+NodesLost']);
    world.end('NodeUnreachable');
    await world.clock.advance(10 * MINUTE);
    expect(
      world
        .told()
        .slice(1)
        .map((one) => one.slice(4)),
    ).toEqual(['-NodesLost']);
  });

  it('is told again when it is twice as wide, and not with each node', async () => {
    const world = await begun();
    for (let count = 2; count <= 40; count += 1) {
      now(world, 'NodesLost', nodes(count), 'warning');
      await world.clock.advance(MINUTE);
    }
    expect(world.messages.length).toBeGreaterThan(2);
    expect(world.messages.length).toBeLessThan(7);
  });

  it('that one side of a cut told does not keep a later one quiet', async () => {
    const world = await begun();
    world.partition(['n1', 'n2', 'n3', 'n4'], ['n5']);
    world.raise('NodesLost', ['n1', 'n2', 'n3', 'n4'], { seenBy: ['n5'] });
    await world.clock.advance(5 * MINUTE);
    expect(world.told()).toEqual(['n5: +NodesLost']);
    world.end('NodesLost');
    world.heal();
    world.kill('n5');
    await world.clock.advance(10 * MINUTE);
    world.raise('NodesLost', ['n3', 'n4']);
    await world.clock.advance(10 * MINUTE);
    expect(world.told().slice(1)).toEqual([expect.stringMatching(/: \+NodesLost$/)]);
    world.end('NodesLost');
    await world.clock.advance(10 * MINUTE);
    expect(world.told().slice(2)).toEqual([expect.stringMatching(/: -NodesLost$/)]);
  });

  it('of two nodes that do not reach each other is not that of two others', async () => {
    const world = await begun();
    world.raise('LinkDown', ['w1', 'w2']);
    world.raise('LinkDown', ['w5', 'w6']);
    await world.clock.advance(2 * MINUTE);
    expect(world.told()).toEqual([expect.stringMatching(/: \+LinkDown \+LinkDown$/)]);
  });
});

describe('what two findings of one kind say', () => {
  it('is one alert with all nodes and both sentences', async () => {
    const world = await begun();
    world.raise('AgentMissing', ['w1', 'w2']);
    world.raise('AgentMissing', ['w5', 'w6']);
    await world.clock.advance(2 * MINUTE);
    expect(world.messages.map(({ alerts }) => alerts)).toMatchObject([
      [{ nodes: ['w1', 'w2', 'w5', 'w6'], sentence: 'AgentMissing on w1 and w2 Also: AgentMissing on w5 and w6' }],
    ]);
  });
});

describe('more than there is room for', () => {
  it('has its turn, what is new before what stands, and what was told longest ago before the rest', async () => {
    const world = await begun({ names: ['n1', 'n2'], timing: { repeatMs: 30 * MINUTE } });
    const aboutIn = (from: number): ReadonlySet<string> =>
      new Set(world.messages.slice(from).flatMap(({ alerts }) => alerts.flatMap(({ nodes: about }) => about)));
    for (const name of nodes(250)) world.raise('DiskFull', [name]);
    await world.clock.advance(14 * MINUTE);
    expect(aboutIn(0).size).toBe(250);
    expect(world.messages).toHaveLength(3);
    world.raise('KubeletDown', ['w1'], { severity: 'critical' });
    await world.clock.advance(2 * MINUTE);
    expect(world.messages.at(-1)?.alerts[0]?.reason).toBe('KubeletDown');
    const before = world.messages.length;
    await world.clock.advance(50 * MINUTE);
    expect(aboutIn(before).size).toBe(250);
  });
});
