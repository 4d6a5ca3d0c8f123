/** What a mesh gives away to be kept, what another run makes of it, and what it tells the agent of others' reports. */
import { describe, expect, it } from 'vitest';
import { aReport, aResult } from '../../test/lib/fixtures.ts';
import { type MemoryNode, type MemoryWorld, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, isWell, startAll, stateOf } from '../../test/lib/mesh-views.ts';
import type { MeshChanges } from '../model/mesh-memory.ts';
import type { Mesh } from './mesh.ts';

const changesOf = ({ mesh }: MemoryNode): MeshChanges => mesh.changes() ?? { envelopes: [] };
const keysOf = (node: MemoryNode): string[] =>
  changesOf(node)
    .envelopes.map(({ key }) => key)
    .sort();
const sinceOf = ({ mesh }: MemoryNode, name: string): number => {
  const { members, originMs } = mesh.state().mesh;
  return Math.round(originMs + (members.find((member) => member.name === name)?.sinceMs ?? NaN));
};
const reportsOf = (keys: readonly string[]): string[] => keys.filter((key) => key.endsWith('/report'));

describe('what is to be kept', () => {
  it('comes once, and lists only when they have changed', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const first = at(nodes, 0);
    const all = changesOf(first);

    expect(reportsOf(all.envelopes.map(({ key }) => key))).toHaveLength(3);
    expect(new Set(all.envelopes.map(({ key }) => key)).size).toBe(all.envelopes.length);
    expect(all.addresses?.map(({ addresses }) => addresses)).toContainEqual(['10.0.0.2:7576']);
    expect(all.members?.map(({ name, state }) => [name, state])).toEqual(nodes.map(({ name }) => [name, 'alive']));
    expect(changesOf(first)).toEqual({ envelopes: [] });

    await at(nodes, 2).kill();
    await world.until('it is down', 2000, () => stateOf(first, 'node-3') === 'agent-down');
    const later = changesOf(first);
    expect(later.addresses).toBeUndefined();
    expect(later.members?.find(({ name }) => name === 'node-3')).toMatchObject({
      state: 'agent-down',
      since: sinceOf(first, 'node-3'),
    });
    expect(later.envelopes.some(({ key }) => /^[\w-]{11}\/event\/[\w-]{11}\/\d+$/.test(key))).toBe(true);
  });

  it('has a report that only grew older once a minute, and a new one at once', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const [first, second] = [at(nodes, 0), at(nodes, 1)];
    await world.clock.advance(5000);
    changesOf(first);
    const counts: number[] = [];
    for (let round = 0; round < 24; round += 1) {
      await world.clock.advance(5000);
      counts.push(reportsOf(keysOf(first)).length);
    }
    expect(counts.reduce((a, b) => a + b, 0)).toBe(6);

    second.report = aReport([aResult({ status: 'unknown', why: 'no such file' })], { node: second.name });
    second.mesh.publishReport();
    await world.clock.advance(6000);
    expect(reportsOf(keysOf(first))).toHaveLength(1);
  });

  it('is not what came from the disk', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    for (const node of nodes) node.save();
    for (const node of nodes) await node.kill();

    const again = await world.start('node-1', 1, { recall: true });

    expect(changesOf(again).envelopes).toEqual([]);
    expect(again.mesh.state().peers).toHaveLength(2);
  });
});

describe('a member that was down before a restart', () => {
  it('is down since then where it is found so again, and alive since now where it is back', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 4);
    const [first, second, third, fourth] = [at(nodes, 0), at(nodes, 1), at(nodes, 2), at(nodes, 3)];
    world.cut([first, second], [third, fourth]);
    world.cut([third], [fourth]);
    await world.until('they are lost', 8000, () =>
      ['node-3', 'node-4'].every((name) => stateOf(first, name) === 'unreachable'),
    );
    const since = sinceOf(first, 'node-3');
    first.save();
    await first.kill();
    await world.clock.advance(20_000);
    for (const { peerId } of [first, second]) world.network.mend(peerId, fourth.peerId);
    for (const { peerId } of [first, second]) world.network.mend(fourth.peerId, peerId);
    const again = await world.start('node-1', 1, { recall: true });

    expect(sinceOf(again, 'node-3')).toBe(since);
    await world.until('it is judged', 20_000, () => {
      const { members, settled } = again.mesh.state().mesh;
      return settled && members.every(({ judged }) => judged) && stateOf(again, 'node-3') === 'unreachable';
    });
    expect(sinceOf(again, 'node-3')).toBe(since);
    expect(stateOf(again, 'node-4')).toBe('alive');
    expect(sinceOf(again, 'node-4')).toBeGreaterThan(since);
  });

  it('keeps its time also when two agents that remember it start anew', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const survivors = nodes.slice(0, 2);
    world.cut(survivors, nodes.slice(2));
    const lost = ['node-3', 'node-4', 'node-5'];
    const isLost = (node: MemoryNode): boolean => lost.every((name) => stateOf(node, name) === 'unreachable');
    await world.until('they are lost', 8000, () => survivors.every(isLost));
    const since = survivors.map((node) => lost.map((name) => sinceOf(node, name)));
    for (const node of survivors) node.save();
    for (const node of survivors) await node.kill();
    await world.clock.advance(30_000);
    const again: MemoryNode[] = [];
    for (const host of [1, 2]) again.push(await world.start(`node-${host}`, host, { recall: true }));

    await world.until('they are lost again', 20_000, () =>
      again.every(
        (node) =>
          isLost(node) &&
          node.mesh.state().mesh.members.every(({ judged }) => judged) &&
          node.mesh.state().mesh.settled,
      ),
    );

    expect(again.map((node) => lost.map((name) => sinceOf(node, name)))).toEqual(since);
  });
});

describe('a start with much to take up', () => {
  const NOTICES = 200;
  const prepared = async (): Promise<MemoryWorld> => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const message = 'something happened';
    for (let count = 0; count < NOTICES; count += 1) {
      const second = at(nodes, 1);
      second.mesh.publishEvents([{ kind: 'agent-notice', at: world.clock.now(), node: second.name, message }]);
    }
    await world.clock.advance(20_000);
    at(nodes, 0).save();
    for (const node of nodes) await node.kill();
    return world;
  };
  const made = (): { mesh: Mesh | undefined } => ({ mesh: undefined });

  it('gives way, and says nothing before it knows all again', async () => {
    const world = await prepared();
    const own = made();
    const seen: unknown[] = [];
    let isDone = false;
    const look = (): void => {
      if (isDone || own.mesh === undefined) return;
      const { members, settled } = own.mesh.state().mesh;
      seen.push([members.length, settled, own.mesh.changes(), own.mesh.forget('node-2').kind]);
      world.clock.after(0, look);
    };
    const starting = world.start('node-1', 1, { recall: true, onMade: (mesh) => (own.mesh = mesh) });
    world.clock.after(0, look);
    const started = starting.then((node) => {
      isDone = true;
      return node;
    });
    await world.clock.advance(0);
    const again = await started;

    expect(seen.length).toBeGreaterThanOrEqual(NOTICES / 64);
    expect(seen.slice(1)).toEqual(seen.slice(1).map(() => [0, false, undefined, 'not-settled']));
    expect(again.mesh.state().mesh.members.map(({ name }) => name)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(changesOf(again).envelopes).toEqual([]);
  });

  it('can be stopped in the middle', async () => {
    const world = await prepared();
    const own = made();
    const starting = world.start('node-1', 1, { recall: true, onMade: (mesh) => (own.mesh = mesh) });
    world.clock.after(0, () => void own.mesh?.stop('shutdown'));
    await world.clock.advance(0);
    await starting;
    await world.clock.advance(1000);

    expect(own.mesh?.changes()).toBeUndefined();
    expect(world.clock.pendingTimers()).toBe(0);
  });
});

describe('reports of others', () => {
  it('are told as they come by the network, and not from disk', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 3);
    const heard: string[] = [];
    at(nodes, 0).mesh.onReport((report, ageMs) => heard.push(`${report.node} ${ageMs < 6000}`));
    await world.clock.advance(16_000);
    expect([...new Set(heard)].sort()).toEqual(['node-2 true', 'node-3 true']);
    for (const node of nodes) node.save();
    for (const node of nodes) await node.kill();

    const again = await world.start('node-1', 1, { recall: true });
    heard.length = 0;
    again.mesh.onReport((report) => heard.push(report.node));
    await world.clock.advance(5000);

    expect(again.mesh.state().peers).toHaveLength(2);
    expect(heard).toEqual([]);
  });
});

describe('the digest', () => {
  it('is the same where the same is known, and another one when somebody says something new', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);
    const digests = (): string[] => [...new Set(nodes.map(({ mesh }) => mesh.state().mesh.digest))];
    await world.until('it is one', 10_000, () => digests().length === 1);
    const [before] = digests();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    await world.clock.advance(40_000);
    expect(digests()).toEqual([before]);

    at(nodes, 1).report = aReport([aResult({ status: 'unknown', why: 'no such file' })], { node: 'node-2' });
    at(nodes, 1).mesh.publishReport();
    await world.until('it is another one', 10_000, () => digests().length === 1 && digests()[0] !== before);
    expect(isWell(nodes)).toBe(true);
  });
});
