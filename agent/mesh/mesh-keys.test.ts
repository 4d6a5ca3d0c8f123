/** A change of the cluster key while all agents run, in virtual time. */
import { describe, expect, it } from 'vitest';
import { KEY, type MemoryNode, OTHER_KEY, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, isWell, startAll, stateOf } from '../../test/lib/mesh-views.ts';

const keysOf = ({ mesh }: MemoryNode) => mesh.state().mesh.keys;
const idsOf = (node: MemoryNode): string[] => [
  ...new Set((keysOf(node)?.members ?? []).map(({ ids }) => ids.join(' '))),
];
const refusedBy = (node: MemoryNode): string[] => (keysOf(node)?.refusals ?? []).map((refusal) => refusal.node);

describe('a change of the key', () => {
  it('is noticed by nobody while all hold one that the others hold', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    await world.clock.advance(10_000);
    const others = new Set<string>();
    for (const node of nodes)
      node.mesh.onChange(() => {
        for (const { name, state } of node.mesh.state().mesh.members) if (state !== 'alive') others.add(name);
      });

    for (const keys of [[OTHER_KEY, KEY] as const, [OTHER_KEY] as const]) {
      for (const { mesh } of nodes) {
        mesh.admit(keys);
        await world.clock.advance(3000);
      }
      const ids = keys.map(({ id }) => id).join(' ');
      await world.until('all say which keys they hold', 20_000, () => nodes.every((node) => idsOf(node)[0] === ids));
      expect(nodes.map(idsOf)).toEqual(nodes.map(() => [ids]));
    }

    await world.clock.advance(20_000);
    expect([...others]).toEqual([]);
    expect(isWell(nodes)).toBe(true);
    expect(nodes.flatMap(refusedBy)).toEqual([]);
  });

  it('that leaves one behind names it, on both sides, until it has the key', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const [last, others] = [at(nodes, 4), nodes.slice(0, 4)];
    for (const { mesh } of others) mesh.admit([OTHER_KEY, KEY]);
    await world.clock.advance(20_000);

    for (const { mesh } of others) mesh.admit([OTHER_KEY]);

    await world.until('it is refused, and its agent is unresponsive', 30_000, () =>
      others.every((node) => stateOf(node, last.name) === 'agent-unresponsive' && refusedBy(node).join() === last.name),
    );
    await world.until('it refuses the others', 30_000, () => refusedBy(last).length === 4);
    expect(keysOf(at(nodes, 0))?.members.find(({ node }) => node === last.name)?.ids).toEqual([KEY.id]);
    expect(others.map((node) => others.map(({ name }) => stateOf(node, name)))).toEqual(
      others.map(() => ['alive', 'alive', 'alive', 'alive']),
    );

    last.mesh.admit([OTHER_KEY, KEY]);

    await world.until('all are well again', 30_000, () => isWell(nodes));
    expect(nodes.flatMap(refusedBy)).toEqual([]);
  });
});

it('one that was told of others and has another key than they says so', async () => {
  const world = createMemoryWorld();
  await startAll(world, 3);
  const stranger = await world.start('stranger', 9, { key: OTHER_KEY });
  const unmet = () => stranger.mesh.state().mesh.unmetSeeds ?? [];

  await world.until('all seeds refuse it', 20_000, () => unmet().filter(({ refusesKey }) => refusesKey).length === 3);
});
