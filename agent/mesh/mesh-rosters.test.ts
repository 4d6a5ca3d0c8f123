/** What roster readers tell: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, startAll } from '../../test/lib/mesh-views.ts';
import type { Roster } from '../model/roster.ts';

const roster = (nodes: number): Roster => ({
  confirmedMs: 0,
  nodes,
  apiServers: ['https://10.0.0.1:6443'],
  entries: [{ name: 'node-9', uid: 'uid-9', isControlPlane: false, ready: 'true', hasNoAgent: true }],
  controllers: [],
  omitted: 0,
});

describe('a roster', () => {
  it('reaches everybody, and the next one takes its place', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 4);
    at(nodes, 1).mesh.tellRoster(roster(5), true);
    await world.until('all have it', 10_000, () => nodes.every(({ mesh }) => mesh.rosters().length === 1));
    at(nodes, 1).mesh.tellRoster(roster(6), false);
    await world.until('all have the next', 10_000, () =>
      nodes.every(({ mesh }) => mesh.rosters().every((heard) => heard.roster.nodes === 6)),
    );

    const [heard] = at(nodes, 3).mesh.rosters();
    expect(heard).toMatchObject({ node: 'node-2', isCurrent: true, roster: roster(6) });
    expect(heard?.elapsedMs).toBeLessThan(11_000);
  });

  it('is history once its reader is gone, and known after a new start', async () => {
    const world = createMemoryWorld(2);
    const nodes = await startAll(world, 4);
    at(nodes, 1).mesh.tellRoster(roster(5), true);
    await world.until('all have it', 10_000, () => nodes.every(({ mesh }) => mesh.rosters().length === 1));
    await at(nodes, 1).kill();
    await world.until('it is no word of now', 10_000, () => at(nodes, 0).mesh.rosters()[0]?.isCurrent === false);
    for (const node of nodes) node.save();
    await at(nodes, 0).kill();
    const again = await world.start('node-1', 1, { recall: true });
    const left = [again, at(nodes, 2), at(nodes, 3)];
    await world.until('they are well', 30_000, () => left.every((node) => node.mesh.rosters().length === 1));

    expect(again.mesh.rosters()[0]).toMatchObject({ node: 'node-2', isCurrent: false, roster: { nodes: 5 } });
  });
});
