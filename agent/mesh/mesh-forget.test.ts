/** A person removes members: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { type MemoryNode, type MemoryWorld, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, fresh, isWell, startAll, stateOf, states } from '../../test/lib/mesh-views.ts';
import type { MemberState } from '../model/member.ts';

const namesOf = (node: MemoryNode): string => Object.keys(states(node)).sort().join();
const knows = (node: MemoryNode, name: string): boolean =>
  stateOf(node, name) !== undefined || fresh(node)[name] !== undefined;
const digests = (nodes: readonly MemoryNode[]): ReadonlySet<string> =>
  new Set(nodes.map(({ mesh }) => mesh.state().mesh.digest));

/** Five agents, of which the last was killed and is known to be down. */
async function withoutFifth(world: MemoryWorld): Promise<MemoryNode[]> {
  const nodes = await startAll(world, 5);
  await at(nodes, 4).kill();
  const left = nodes.slice(0, 4);
  await world.until('it is down', 5000, () => left.every((node) => stateOf(node, 'node-5') === 'agent-down'));
  return left;
}

/** Every state that a member is in for a viewer from now on; undefined: none. */
function follow(viewer: MemoryNode, name: string): ReadonlySet<MemberState | undefined> {
  const seen = new Set([stateOf(viewer, name)]);
  viewer.mesh.onChange(() => seen.add(stateOf(viewer, name)));
  return seen;
}

describe('a member that is gone', () => {
  it('is forgotten by all within seconds, and by nobody’s new start brought back', async () => {
    const world = createMemoryWorld();
    const left = await withoutFifth(world);

    expect(at(left, 0).mesh.forget('node-5')).toEqual({ kind: 'forgotten', state: 'agent-down' });

    await world.until('nobody knows it', 3000, () => left.every((node) => !knows(node, 'node-5')));
    expect(left.map(namesOf)).toEqual(left.map(() => 'node-1,node-2,node-3,node-4'));
    await world.until('all know the same', 10_000, () => digests(left).size === 1);
    expect(left.map(({ mesh }) => mesh.forget('node-5').kind)).toEqual(left.map(() => 'forgotten-before'));

    for (const node of left) node.save();
    await at(left, 1).kill();
    const again = await world.start('node-2', 2, { recall: true });
    const seen = follow(again, 'node-5');
    const now = left.with(1, again);
    await world.until('all are well', 20_000, () => isWell(now));
    await world.clock.advance(120_000);
    expect([...seen]).toEqual([undefined]);
    expect(now.map(namesOf)).toEqual(left.map(() => 'node-1,node-2,node-3,node-4'));
  });

  it('is a member again when its agent starts again, with and without what it kept', async () => {
    for (const recall of [true, false]) {
      const world = createMemoryWorld(recall ? 2 : 3);
      const nodes = await startAll(world, 5);
      const gone = at(nodes, 4);
      const left = nodes.slice(0, 4);
      gone.save();
      await gone.kill();
      await world.until('it is down', 5000, () => left.every((node) => stateOf(node, 'node-5') === 'agent-down'));
      at(left, 0).mesh.forget('node-5');
      await world.until('nobody knows it', 3000, () => left.every((node) => !knows(node, 'node-5')));

      const back = await world.start('node-5', 5, { recall });
      let returns = 0;
      back.mesh.onReturn(() => (returns += 1));

      await world.until('all are well', 20_000, () => isWell([...left, back]));
      // Without what it kept it hears so from the others.
      expect(returns).toBe(1);
      await world.until('all know the same', 20_000, () => digests([...left, back]).size === 1);
      const seen = left.map((node) => follow(node, 'node-5'));
      await world.clock.advance(60_000);
      expect(seen.map((one) => [...one])).toEqual(left.map(() => ['alive']));
      expect(left.every(({ mesh }) => mesh.state().mesh.conflicts.length === 0)).toBe(true);
    }
  });

  it('is forgotten by an agent that was away meanwhile', async () => {
    const world = createMemoryWorld();
    const left = await withoutFifth(world);
    for (const node of left) node.save();
    await at(left, 3).kill();
    const rest = left.slice(0, 3);
    await world.until('it is down', 5000, () => rest.every((node) => stateOf(node, 'node-4') === 'agent-down'));
    at(left, 0).mesh.forget('node-5');
    await world.clock.advance(2000);

    const back = await world.start('node-4', 4, { recall: true });

    await world.until('all are well', 20_000, () => isWell([...rest, back]));
    await world.until('it has heard', 5000, () => !knows(back, 'node-5'));
    expect(namesOf(back)).toBe('node-1,node-2,node-3,node-4');
  });

  it('leaves its name to another agent', async () => {
    const world = createMemoryWorld();
    const left = await withoutFifth(world);
    at(left, 0).mesh.forget('node-5');
    await world.until('nobody knows it', 3000, () => left.every((node) => !knows(node, 'node-5')));

    const other = await world.start('node-5', 9);

    await world.until('all are well', 10_000, () => isWell([...left, other]));
  });

  it('takes along the keys that its machine had before', async () => {
    const world = createMemoryWorld();
    const left = await withoutFifth(world);
    const renewed = await world.start('node-5', 5, { directory: '/renewed' });
    await world.until('all are well', 30_000, () => isWell([...left, renewed]));
    await renewed.kill();
    await world.until('it is down', 90_000, () => left.every((node) => stateOf(node, 'node-5') === 'agent-down'));
    await world.clock.advance(120_000);

    expect(at(left, 0).mesh.forget('node-5').kind).toBe('forgotten');

    await world.until('nobody knows it', 5000, () => left.every((node) => !knows(node, 'node-5')));
    await world.clock.advance(60_000);
    expect(left.map(namesOf)).toEqual(left.map(() => 'node-1,node-2,node-3,node-4'));
  });
});

describe('on both sides of a partition', () => {
  it('members that the other side forgot stay where they are, and are whole after it', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 6);
    const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
    world.cut(left, right);
    await world.until('each side misses the other', 20_000, () =>
      left.every((one) =>
        right.every(
          (other) => stateOf(one, other.name) === 'unreachable' && stateOf(other, one.name) === 'unreachable',
        ),
      ),
    );
    for (const { name } of right) expect(at(left, 0).mesh.forget(name).kind).toBe('forgotten');
    for (const { name } of left.slice(0, 2)) expect(at(right, 1).mesh.forget(name).kind).toBe('forgotten');
    expect(at(right, 0).mesh.forget('node-5')).toMatchObject({ kind: 'alive' });
    await world.until('the left knows nobody there', 5000, () => left.every((node) => !knows(node, 'node-6')));
    await world.clock.advance(60_000);
    const seen = [left, right].flatMap((side) => side.flatMap((one) => side.map(({ name }) => follow(one, name))));

    world.network.mendAll();

    await world.until('all are well', 30_000, () => isWell(nodes));
    await world.until('all know the same', 70_000, () => digests(nodes).size === 1);
    await world.clock.advance(60_000);
    expect(isWell(nodes)).toBe(true);
    expect(seen.map((one) => [...one])).toEqual(seen.map(() => ['alive']));
  });

  it('tombstones of both sides for the same member become one', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const [left, right] = [nodes.slice(0, 2), nodes.slice(2, 4)];
    world.cut(left, right);
    await at(nodes, 4).kill();
    await world.clock.advance(20_000);
    for (const [first] of [left, right]) expect(first?.mesh.forget('node-5').kind).toBe('forgotten');
    await world.clock.advance(5000);

    world.network.mendAll();

    const all = [...left, ...right];
    await world.until('all are well', 20_000, () => isWell(all));
    await world.clock.advance(20_000);
    const before = all.map(({ mesh }) => mesh.counts()?.records.known ?? 0);
    await world.clock.advance(180_000);
    expect(all.map(({ mesh }) => mesh.counts()?.records.tombstones)).toEqual([1, 1, 1, 1]);
    // Nobody sends the other one again and again.
    expect(all.map(({ mesh }, index) => (mesh.counts()?.records.known ?? 0) - (before[index] ?? 0))).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

describe('is refused', () => {
  it('of a member that lives, and says who reaches it', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);

    expect(at(nodes, 0).mesh.forget('node-3')).toEqual({ kind: 'alive', reachedBy: ['node-1', 'node-2'] });
    expect(at(nodes, 0).mesh.forget('node-1')).toEqual({ kind: 'self' });
    expect(at(nodes, 0).mesh.forget('node-9')).toEqual({ kind: 'unknown-name' });
    await world.clock.advance(20_000);
    expect(isWell(nodes)).toBe(true);
    expect(at(nodes, 0).mesh.counts()?.records.tombstones).toBe(0);
  });

  it('while nobody can tell who lives', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    for (const node of nodes) node.save();
    const [first, ...others] = nodes;
    await first?.kill();
    await world.clock.advance(3000);

    const again = await world.start('node-1', 1, { recall: true, witness: 'silent' });
    expect(again.mesh.forget('node-3')).toEqual({ kind: 'not-settled' });
    await world.until('all are well', 20_000, () => isWell([again, ...others]));
    world.cut([again], others);
    await world.until('it is alone', 20_000, () => again.mesh.state().mesh.isolated !== undefined);
    expect(again.mesh.forget('node-3')).toEqual({ kind: 'isolated' });
  });
});
