/** What whole meshes, in memory and in virtual time, let the diagnosis say of cuts and restarts, and after them. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import type { Diagnosis, Finding } from '../../agent/model/finding.ts';
import { statedEdges } from '../../agent/model/stated-edges.ts';
import { aReport, aResult, aState } from '../lib/fixtures.ts';
import { type MemoryNode, type MemoryNodeOptions, type MemoryWorld, createMemoryWorld } from '../lib/memory-mesh.ts';
import { isWell, stateOf } from '../lib/mesh-views.ts';

const CATALOGUE = {
  title: (check: string) => check,
  reason: (_check: string, reason: string) => ({ summary: reason, remedy: reason }),
  isProgram: () => false,
};
const HOSTS = [1, 2, 3, 4, 5];
/** node-1 to node-3 have an etcd member. */
const resultsOf = (host: number) => (host <= 3 ? [aResult(), aResult({ check: 'etcd' })] : [aResult()]);
/** An hour off, each in its own way. */
const CLOCKS: readonly MemoryNodeOptions[] = HOSTS.map((host) => ({ aheadMs: (host - 3) * 1_800_000 }));

async function start(world: MemoryWorld, host: number, options: MemoryNodeOptions = {}): Promise<MemoryNode> {
  const node = await world.start(`node-${host}`, host, options);
  node.report = aReport(resultsOf(host), { node: node.name });
  node.mesh.publishReport();
  return node;
}

async function startFive(world: MemoryWorld, options: readonly MemoryNodeOptions[] = []): Promise<MemoryNode[]> {
  const nodes: MemoryNode[] = [];
  for (const host of HOSTS) nodes.push(await start(world, host, options[host - 1]));
  await world.until('all are well', 20_000, () => isWell(nodes));
  await world.clock.advance(5000);
  return nodes;
}

/** By the clock of the node that looks. */
function diagnosisOf(world: MemoryWorld, { name, mesh, report }: MemoryNode): Diagnosis {
  const { mesh: state, peers, edges } = mesh.state();
  const own = { report: { ...report, node: name }, elapsedMs: 0, edges: statedEdges(edges) };
  const now = state.originMs + world.clock.monotonic();
  return diagnose(aState([], { self: name, nodes: [own, ...peers], mesh: state }), now, CATALOGUE);
}

const findingsOf = (world: MemoryWorld, node: MemoryNode, reason: string): readonly Finding[] =>
  diagnosisOf(world, node).findings.filter((finding) => finding.reason === reason);
const partitionOf = (world: MemoryWorld, node: MemoryNode): readonly string[] =>
  findingsOf(world, node, 'Partition').flatMap(({ nodes = [] }) => nodes);
const namesOf = (nodes: readonly MemoryNode[]): string[] => nodes.map(({ name }) => name);

const missEachOther = (ones: readonly MemoryNode[], others: readonly MemoryNode[]): boolean =>
  ones.every((one) =>
    others.every((other) => stateOf(one, other.name) === 'unreachable' && stateOf(other, one.name) === 'unreachable'),
  );

const areApart = (world: MemoryWorld, ones: readonly MemoryNode[], others: readonly MemoryNode[]): boolean =>
  [
    [ones, others],
    [others, ones],
  ].every(([here = [], there = []]) => here.every((node) => partitionOf(world, node).join() === namesOf(there).join()));

/** On each side the finding names all of the other side, and whom of this side they lost. */
async function expectPartition(
  world: MemoryWorld,
  ones: readonly MemoryNode[],
  others: readonly MemoryNode[],
): Promise<void> {
  await world.until('every agent says that it was a partition', 20_000, () => areApart(world, ones, others));
  for (const [here, there] of [
    [ones, others],
    [others, ones],
  ] as const)
    for (const node of here) {
      const outages = node.mesh.state().mesh.outages.filter((outage) => outage.node !== node.name);
      expect(outages.map((outage) => outage.node).sort()).toEqual(namesOf(there));
      expect(outages.map(({ lostByItself }) => lostByItself)).toEqual(there.map(() => namesOf(here)));
    }
}

describe('after a cut every agent says that it was a partition', () => {
  it.each([
    ['short', 8000, 2],
    ['long', 180_000, 3],
  ])('%s', async (_name, durationMs, first) => {
    const world = createMemoryWorld();
    const nodes = await startFive(world);
    const [left, right] = [nodes.slice(0, first), nodes.slice(first)];
    world.cut(left, right);
    await world.until('each side misses the other', 8000, () => missEachOther(left, right));
    await world.clock.advance(durationMs);
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell(nodes));

    await expectPartition(world, left, right);
    await world.until('all are healthy', 8000, () =>
      nodes.every((node) => diagnosisOf(world, node).status === 'healthy'),
    );
  });

  it('whatever their clocks say', async () => {
    const world = createMemoryWorld();
    const nodes = await startFive(world, CLOCKS);
    const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
    world.cut(left, right);
    await world.until('each side misses the other', 8000, () => missEachOther(left, right));
    await world.clock.advance(20_000);
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell(nodes));

    await expectPartition(world, left, right);
  });

  it('also those that were restarted meanwhile', async () => {
    const world = createMemoryWorld();
    const nodes = await startFive(world, CLOCKS);
    const [masters, workers] = [nodes.slice(0, 3), nodes.slice(3)];
    world.cut(masters, workers);
    await world.until('each side misses the other', 8000, () => missEachOther(masters, workers));
    await world.clock.advance(5000);
    for (const node of workers) node.save();
    for (const node of workers) await node.kill();
    await world.clock.advance(5000);
    const again: MemoryNode[] = [];
    for (const host of [4, 5]) again.push(await start(world, host, { ...CLOCKS[host - 1], recall: true }));
    await world.until('both miss the masters again', 20_000, () =>
      again.every(
        (node) =>
          node.mesh.state().mesh.settled &&
          findingsOf(world, node, 'NoControlPlaneFromHere').length === 1 &&
          diagnosisOf(world, node).status === 'critical',
      ),
    );
    await world.clock.advance(10_000);
    world.network.mendAll();
    const all = [...masters, ...again];
    await world.until('all are well', 20_000, () => isWell(all));

    await expectPartition(world, masters, again);
  });

  it('also the one that was cut off from everybody and knew it', async () => {
    const world = createMemoryWorld();
    const nodes = await startFive(world, [{}, {}, {}, {}, { witness: 'silent' }]);
    const [rest, alone] = [nodes.slice(0, 4), nodes.slice(4)];
    world.cut(rest, alone);
    await world.until('the others miss it', 8000, () =>
      rest.every((node) => stateOf(node, 'node-5') === 'unreachable'),
    );
    await world.clock.advance(10_000);
    expect(alone.flatMap((node) => findingsOf(world, node, 'ThisNodeIsolated'))).toHaveLength(1);
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell(nodes));

    await expectPartition(world, rest, alone);
  });
});

describe('a host that was off', () => {
  it('was started anew, by its own word too, and was not cut off', async () => {
    const world = createMemoryWorld();
    const nodes = await startFive(world, CLOCKS);
    const rest = nodes.slice(0, 3);
    const gone = nodes.slice(3);
    for (const node of gone) node.save();
    world.cut(rest, gone);
    world.cut(gone.slice(0, 1), gone.slice(1));
    for (const node of gone) await node.kill();
    await world.until('they are lost', 8000, () =>
      rest.every((node) => gone.every(({ name }) => stateOf(node, name) === 'unreachable')),
    );
    await world.clock.advance(30_000);
    const bootedMs = world.clock.monotonic();
    await world.clock.advance(20_000);
    world.network.mendAll();
    const again: MemoryNode[] = [];
    for (const host of [4, 5]) again.push(await start(world, host, { ...CLOCKS[host - 1], recall: true, bootedMs }));
    const all = [...rest, ...again];
    await world.until('all are well', 20_000, () => isWell(all));
    await world.clock.advance(20_000);

    for (const node of all) {
      const found = findingsOf(world, node, 'NodeRebooted');
      const bootedAt = node.mesh.state().mesh.originMs + bootedMs;
      expect(found.map((finding) => finding.node).sort()).toEqual(
        rest.includes(node) ? ['node-4', 'node-5'] : [node.name],
      );
      for (const { since } of found) expect(Math.abs(since - bootedAt)).toBeLessThan(2000);
      expect(findingsOf(world, node, 'Partition')).toEqual([]);
    }
  });

  it('says so once, and the same each time it is asked', async () => {
    const world = createMemoryWorld();
    const nodes = await startFive(world);
    const [first, last] = [nodes.slice(0, 4), nodes.slice(4)];
    world.cut(first, last);
    await world.until('each side misses the other', 8000, () => missEachOther(first, last));
    world.network.mendAll();
    await world.until('all are well', 20_000, () => isWell(nodes));
    await world.clock.advance(20_000);
    const told = (): unknown => first[0]?.mesh.state().mesh.outages;
    const before = told();
    await world.clock.advance(120_000);

    expect(told()).toEqual(before);
    await world.clock.advance(15 * 60_000);
    expect(told()).toEqual([]);
  });
});
