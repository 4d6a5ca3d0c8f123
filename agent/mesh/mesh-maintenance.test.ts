/** Somebody works on a node: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { type MemoryNode, type MemoryWorld, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, isWell, startAll, stateOf } from '../../test/lib/mesh-views.ts';
import type { Maintenance } from '../model/maintenance.ts';

const HOUR = 3_600_000;
const marks = ({ mesh }: MemoryNode): readonly Maintenance[] => mesh.state().mesh.maintenance ?? [];
const marked = (node: MemoryNode): string =>
  marks(node)
    .map((mark) => mark.node)
    .join();
const isTold = (nodes: readonly MemoryNode[], names: string) => (): boolean =>
  nodes.every((node) => marked(node) === names);
const restart = async (world: MemoryWorld, host: number, node: MemoryNode): Promise<MemoryNode> => {
  node.save();
  await node.kill();
  await world.clock.advance(1000);
  const starting = world.start(node.name, host, { recall: true });
  // What it kept may take several turns.
  await world.clock.advance(500);
  return starting;
};

describe('a node in maintenance', () => {
  it('is known to all within a second, and until its time is over', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);

    const outcome = at(nodes, 0).mesh.maintain({ node: 'node-3', forMs: 300_000, reason: 'new disk' });

    expect(outcome).toMatchObject({ kind: 'begun', maintenance: { node: 'node-3', by: 'node-1', reason: 'new disk' } });
    await world.until('all know it', 1000, isTold(nodes, 'node-3'));
    const ends = nodes.map((node) => marks(node)[0]?.untilMs ?? 0);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(1000);
    await world.clock.advance(295_000);
    expect(nodes.map(marked)).toEqual(nodes.map(() => 'node-3'));
    await world.clock.advance(5000);
    expect(nodes.map(marked)).toEqual(nodes.map(() => ''));
    expect(at(nodes, 1).mesh.maintain({ node: 'node-3', forMs: 0 })).toEqual({ kind: 'not-in-maintenance' });
  }, 60_000);

  it('stays so when its author, it and everybody starts anew, and for no longer', async () => {
    const world = createMemoryWorld(2);
    const nodes = await startAll(world, 3);
    at(nodes, 0).mesh.maintain({ node: 'node-3', forMs: HOUR });
    await world.until('all know it', 1000, isTold(nodes, 'node-3'));
    const until = marks(at(nodes, 1))[0]?.untilMs ?? 0;
    for (const node of nodes) node.save();
    for (const node of nodes) await node.kill();
    await world.clock.advance(60_000);

    const again: MemoryNode[] = [];
    for (const host of [1, 2, 3]) again.push(await world.start(`node-${host}`, host, { recall: true }));

    await world.until('all are well', 20_000, () => isWell(again));
    for (const node of again) expect(marks(node)).toMatchObject([{ node: 'node-3', by: 'node-1' }]);
    for (const node of again) expect(Math.abs((marks(node)[0]?.untilMs ?? 0) - until)).toBeLessThan(2000);
    // Its author begins a new boot with what it said in the one before.
    expect(at(again, 0).mesh.maintain({ node: 'node-2', forMs: HOUR }).kind).toBe('begun');
    await world.until('all know both', 1000, isTold(again, 'node-2,node-3'));
  }, 60_000);

  it('is so also when its author is gone, and anybody may end it for all', async () => {
    const world = createMemoryWorld(3);
    const nodes = await startAll(world, 4);
    const [author, ...left] = nodes;
    author?.mesh.maintain({ node: 'node-4', forMs: HOUR });
    await world.until('all know it', 1000, isTold(nodes, 'node-4'));
    author?.save();
    await author?.kill();
    await world.until('it is down', 5000, () => left.every((node) => stateOf(node, 'node-1') === 'agent-down'));
    expect(left.map(marked)).toEqual(left.map(() => 'node-4'));
    left[1] = await restart(world, 3, at(left, 1));
    expect(marked(at(left, 1))).toBe('node-4');
    const newcomer = await world.start('node-5', 5);
    await world.until('a newcomer hears of it', 20_000, isTold([newcomer], 'node-4'));
    left.push(newcomer);

    expect(at(left, 0).mesh.maintain({ node: 'node-4', forMs: 0 })).toMatchObject({
      kind: 'ended',
      maintenance: { by: 'node-1' },
    });

    await world.until('it is over for all', 1000, isTold(left, ''));
    const back = await world.start('node-1', 1, { recall: true });
    await world.until('all are well', 20_000, () => isWell([back, ...left]));
    await world.until('its author has heard', 20_000, isTold([back, ...left], ''));
    // The word that ends it is kept as long as there is something to end.
    at(left, 0).mesh.maintain({ node: 'node-3', forMs: 60_000 });
    const again = await restart(world, 2, at(left, 0));
    await world.until('all are well', 20_000, () => isWell([back, again, ...left.slice(1)]));
    expect([back, again, ...left.slice(1)].map(marked)).toEqual(Array(5).fill('node-3'));
  }, 60_000);

  it('is so for as long as the last word says, also where that is shorter', async () => {
    const world = createMemoryWorld(4);
    const nodes = await startAll(world, 3);
    at(nodes, 0).mesh.maintain({ node: 'node-3', forMs: 2 * HOUR, reason: 'long' });
    await world.until('all know it', 1000, isTold(nodes, 'node-3'));
    at(nodes, 1).mesh.maintain({ node: 'node-3', forMs: 60_000, reason: 'short' });
    await world.until('all know the second', 1000, () => nodes.every((node) => marks(node)[0]?.reason === 'short'));
    await world.clock.advance(60_000);
    expect(nodes.map(marked)).toEqual(['', '', '']);
    at(nodes, 1).mesh.maintain({ node: 'node-2', forMs: 60_000 });
    await world.until('all know the third', 1000, isTold(nodes, 'node-2'));
  });

  it('gets the later word of two sides of a cut once they meet again', async () => {
    const world = createMemoryWorld(5);
    const nodes = await startAll(world, 5);
    const [left, right] = [nodes.slice(0, 2), nodes.slice(2)];
    at(nodes, 0).mesh.maintain({ node: 'node-5', forMs: HOUR, reason: 'before' });
    await world.until('all know it', 1000, isTold(nodes, 'node-5'));
    world.cut(left, right);
    await world.until('it is cut', 20_000, () => stateOf(at(nodes, 0), 'node-3') === 'unreachable');
    at(right, 0).mesh.maintain({ node: 'node-5', forMs: 0 });
    at(left, 0).mesh.maintain({ node: 'node-3', forMs: HOUR });
    await world.clock.advance(5000);
    expect([at(left, 1), at(right, 1)].map(marked)).toEqual(['node-3,node-5', '']);

    world.network.mendAll();

    await world.until('all agree', 30_000, isTold(nodes, 'node-3'));
  }, 60_000);

  it('is none that is no member, and none while this agent does not speak yet', async () => {
    const world = createMemoryWorld(6);
    const nodes = await startAll(world, 3);
    expect(at(nodes, 0).mesh.maintain({ node: 'node-9', forMs: HOUR })).toEqual({ kind: 'unknown-name' });
    at(nodes, 0).mesh.maintain({ node: 'node-3', forMs: HOUR });
    await world.until('all know it', 1000, isTold(nodes, 'node-3'));
    await at(nodes, 2).kill();
    const left = nodes.slice(0, 2);
    await world.until('it is down', 5000, () => left.every((node) => stateOf(node, 'node-3') === 'agent-down'));
    at(left, 1).mesh.forget('node-3');
    await world.until('it is forgotten', 5000, isTold(left, ''));
    const late = await world.start('node-4', 4);
    expect(late.mesh.maintain({ node: 'node-4', forMs: HOUR })).toEqual({ kind: 'not-settled' });
  });
});
