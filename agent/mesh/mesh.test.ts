/** Whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { aReport, aResult } from '../../test/lib/fixtures.ts';
import { type MemoryNode, OTHER_KEY, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, fresh, isWell, startAll, stateOf, states } from '../../test/lib/mesh-views.ts';

describe('agents of one cluster', () => {
  it.each([1, 2, 5, 9])('%i of them know each other within 20 s', async (count) => {
    const nodes = await startAll(createMemoryWorld(), count);

    expect(nodes.map(({ mesh }) => mesh.state().mesh.conflicts)).toEqual(nodes.map(() => []));
    expect(nodes.map(({ mesh }) => mesh.counts()?.position.boot)).toEqual(nodes.map(() => 1));
  });

  it('are settled within seconds of their start, and one that knows of nobody at once', async () => {
    const world = createMemoryWorld();
    const nodes = await Promise.all([1, 2, 3, 4, 5].map((host) => world.start(`node-${host}`, host)));
    await world.until('all are well', 4500, () => isWell(nodes));
    for (const node of nodes) node.save();
    for (const node of nodes) await node.kill();
    const again = await Promise.all([1, 2, 3, 4, 5].map((host) => world.start(`node-${host}`, host, { recall: true })));
    expect(again.map(({ mesh }) => mesh.state().mesh.settled)).toEqual([false, false, false, false, false]);
    await world.until('all are well again', 4500, () => isWell(again));

    const alone = await world.start('alone', 9, { seeds: [] });
    expect(alone.mesh.state().mesh.settled).toBe(true);
  });

  it('know where each of them is, by its name', async () => {
    const nodes = await startAll(createMemoryWorld(), 3);
    const [first, second] = [at(nodes, 0).mesh.state().mesh, at(nodes, 1).mesh.state().mesh];

    for (const { name } of nodes) {
      expect(first.addressesOf?.(name)).toEqual([expect.stringMatching(/^[\d.]+:7576$/)]);
      expect(first.addressesOf?.(name)).toEqual(second.addressesOf?.(name));
    }
    expect(new Set(nodes.map(({ name }) => first.addressesOf?.(name)?.[0])).size).toBe(3);
    expect(first.addressesOf?.('nobody')).toEqual([]);
  });

  it('have the report of one that changed within a few seconds', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const first = at(nodes, 0);
    first.report = aReport([aResult({ status: 'unknown', why: 'no such file' })], { node: first.name });

    first.mesh.publishReport();

    const seen = ({ mesh }: MemoryNode) =>
      mesh.state().peers.find(({ report }) => report.node === first.name)?.report.results[0]?.status;
    await world.until('all have it', 10_000, () => nodes.slice(1).every((node) => seen(node) === 'unknown'));
  });

  it('know where the others are whom they probe, and to whom there is a connection', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const ways = () =>
      at(nodes, 0)
        .mesh.ways()
        .map(({ node, addresses, state, isConnected }) => `${node} ${addresses.length} ${state} ${isConnected}`)
        .toSorted();
    expect(ways()).toEqual(['node-2 1 good true', 'node-3 1 good true']);

    await world.clock.advance(20_000);
    expect(at(nodes, 0).mesh.ways()[0]?.forMs).toBeGreaterThanOrEqual(20_000);
    await at(nodes, 2).kill();
    await world.until('its connection is gone', 5000, () => ways()[1]?.endsWith('false') === true);
    expect(ways()[0]).toBe('node-2 1 good true');
  });

  it('say nothing new while nothing changes', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    await world.clock.advance(10_000);
    let changes = 0;
    for (const { mesh } of nodes) mesh.onChange(() => (changes += 1));

    await world.clock.advance(60_000);

    expect(changes).toBe(0);
    expect(isWell(nodes)).toBe(true);
  });
});

describe('an agent', () => {
  it('that ends without a word is down at once, and back with its next boot', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const others = nodes.slice(0, 4);
    await at(nodes, 4).kill();

    await world.until('it is down', 2000, () => others.every((node) => stateOf(node, 'node-5') === 'agent-down'));
    expect(fresh(at(nodes, 0))['node-5']).toBe('stale');
    const again = await world.start('node-5', 5);
    await world.until('all are well', 10_000, () => isWell([...others, again]));

    expect(again.mesh.counts()?.position.boot).toBe(2);
  });

  it('that stops says so', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const stopped = at(nodes, 2).mesh.stop('restart');
    await world.until('it is leaving', 1000, () => stateOf(at(nodes, 0), 'node-3') === 'leaving');
    await world.clock.advance(3000);
    await stopped;

    expect(stateOf(at(nodes, 0), 'node-3')).toBe('leaving');
    expect(
      at(nodes, 0)
        .mesh.state()
        .mesh.members.find(({ name }) => name === 'node-3'),
    ).toMatchObject({
      leaving: 'restart',
    });
  });

  it('without the key stays out', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const stranger = await world.start('stranger', 9, { key: OTHER_KEY });
    await world.clock.advance(10_000);

    expect(Object.keys(states(at(nodes, 0)))).toEqual(['node-1', 'node-2', 'node-3']);
    expect(Object.keys(states(stranger))).toEqual(['stranger']);
  });

  it('whose disk was set back goes beyond the boot that peers know', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const backup = new Map(world.disk);
    for (const boot of [2, 3]) {
      await at(nodes, 2).kill();
      nodes[2] = await world.start('node-3', 3);
      await world.until('all are well', 20_000, () => isWell(nodes));
      expect(at(nodes, 2).mesh.counts()?.position.boot).toBe(boot);
    }
    await at(nodes, 2).kill();
    for (const [path, text] of backup) world.disk.set(path, text);

    nodes[2] = await world.start('node-3', 3);
    await world.until('all are well', 20_000, () => isWell(nodes));

    expect(at(nodes, 2).mesh.counts()?.position.boot).toBe(4);
  });

  it('that lost its key gets its name back where it lived before, without a conflict', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    await at(nodes, 2).kill();
    await world.clock.advance(2000);
    nodes[2] = await world.start('node-3', 3, { directory: '/new' });

    await world.until('all are well', 12_000, () => isWell(nodes));

    expect(nodes.flatMap(({ mesh }) => mesh.state().mesh.conflicts)).toEqual([]);
  });

  it('with the name of another that lives is a conflict, and takes nothing from it', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    await world.start('node-3', 7);

    await world.until('all name the conflict', 30_000, () =>
      nodes.every(({ mesh }) => mesh.state().mesh.conflicts.some(({ kind }) => kind === 'name')),
    );

    expect(isWell(nodes)).toBe(true);
    const [conflict] = at(nodes, 0).mesh.state().mesh.conflicts;
    expect(conflict).toMatchObject({ kind: 'name', name: 'node-3' });
    expect(JSON.stringify(conflict)).toContain(at(nodes, 2).peerId);
  });
});

describe('with all seeds gone', () => {
  it('two agents tell the same from what they remember, also when both start anew', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const masters = ['node-1', 'node-2', 'node-3'];
    const survivors = (): MemoryNode[] => nodes.slice(3);
    const toldOf = ({ mesh }: MemoryNode): string[] => mesh.state().peers.map(({ report }) => report.node);
    const isTold = (): boolean =>
      survivors().every(
        (node) =>
          masters.every((name) => stateOf(node, name) === 'agent-down') &&
          ['node-4', 'node-5'].every((name) => stateOf(node, name) === 'alive') &&
          node.mesh.state().mesh.settled &&
          Object.values(fresh(node)).includes('current') &&
          masters.every((name) => fresh(node)[name] === 'stale') &&
          toldOf(node).length === 4,
      );
    for (const node of nodes.slice(0, 3)) await node.kill();
    await world.until('both say so', 8000, isTold);

    for (const node of survivors()) node.save();
    for (const node of survivors()) await node.kill();
    await world.clock.advance(5000);
    for (const host of [4, 5]) nodes[host - 1] = await world.start(`node-${host}`, host, { recall: true });

    const first = at(nodes, 3);
    expect(toldOf(first)).toEqual([...masters, 'node-5']);
    expect(fresh(first)).toMatchObject({ 'node-1': 'stale', 'node-5': 'stale' });
    expect(stateOf(first, 'node-1')).toBe('agent-down');
    expect(first.mesh.state().mesh.members.find(({ name }) => name === 'node-1')?.judged).toBe(false);
    await world.until('both say so again', 15_000, isTold);
    expect(survivors().map(({ mesh }) => mesh.counts()?.position.boot)).toEqual([2, 2]);
  });
});

describe('a cut', () => {
  it('makes the others unreachable on both sides, and is told when it is over', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
    world.cut(left, right);

    const cutMs = await world.until('each side misses the other', 8000, () =>
      left.every((one) =>
        right.every(
          (other) => stateOf(one, other.name) === 'unreachable' && stateOf(other, one.name) === 'unreachable',
        ),
      ),
    );
    expect(cutMs).toBeGreaterThan(2000);
    expect(left.every((one) => left.every(({ name }) => stateOf(one, name) === 'alive'))).toBe(true);
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell(nodes));

    await world.until('the other side has told', 20_000, () => {
      const { outages } = at(nodes, 0).mesh.state().mesh;
      return outages.length === 2 && outages.every(({ lostByItself }) => lostByItself.includes('node-1'));
    });
  });

  it('from everybody is an isolation where no witness answers, and nobody is blamed', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const gone = await world.start('node-4', 4, { witness: 'silent' });
    await world.until('all are well', 20_000, () => isWell([...nodes, gone]));
    world.cut([gone], nodes);

    await world.until('the others miss it', 8000, () =>
      nodes.every((node) => stateOf(node, 'node-4') === 'unreachable'),
    );
    expect(gone.mesh.state().mesh.isolated).toMatchObject({ witnesses: ['gateway 10.0.0.250'] });
    expect(Object.values(states(gone))).not.toContain('unreachable');
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell([...nodes, gone]));
    expect(gone.mesh.state().mesh.isolated).toBeUndefined();
  });

  it('from everybody is their fault where a witness answers', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const gone = await world.start('node-4', 4, { witness: 'reachable' });
    await world.until('all are well', 20_000, () => isWell([...nodes, gone]));
    world.cut([gone], nodes);

    await world.until('it misses them', 8000, () => nodes.every(({ name }) => stateOf(gone, name) === 'unreachable'));
    expect(gone.mesh.state().mesh.isolated).toBeUndefined();
  });
});
