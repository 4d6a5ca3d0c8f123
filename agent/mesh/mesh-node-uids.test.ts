/** Whose Node it is decides who bears its name: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { type MemoryNode, type MemoryWorld, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, isWell } from '../../test/lib/mesh-views.ts';

/** What the API says, and everybody reads at once where a name is contested. */
function createApi(world: MemoryWorld) {
  const uids = new Map<string, string>();
  const nodes: MemoryNode[] = [];
  return {
    uids,
    nodes,
    async start(name: string, host: number): Promise<MemoryNode> {
      // It knows its own Node from the start, and loses it when that is another machine's.
      const own = uids.get(name);
      const node = await world.start(name, host, {
        seeds: [1, 2].map((one) => `10.0.0.${one}:7576`),
        nodes: {
          own: () => (uids.get(name) === own ? own : undefined),
          of: (asked) => (nodes.some(({ mesh }) => mesh.contested().includes(asked)) ? uids.get(asked) : undefined),
        },
      });
      nodes.push(node);
      return node;
    },
  };
}

describe('a node whose machine is replaced', () => {
  it('belongs to the agent on the Node that there is, while the old one runs on', async () => {
    const world = createMemoryWorld();
    const api = createApi(world);
    for (let host = 1; host <= 4; host += 1) {
      api.uids.set(`node-${host}`, `uid-${host}`);
      await api.start(`node-${host}`, host);
    }
    await world.until('all are well', 20_000, () => isWell(api.nodes));
    await world.clock.advance(5000);
    api.uids.set('node-4', 'uid-9');
    const fresh = await api.start('node-4', 9);
    const others = api.nodes.slice(0, 3);
    const holderOf = ({ mesh }: MemoryNode): string | undefined =>
      mesh.state().peers.find(({ report }) => report.node === 'node-4')?.report.version;
    fresh.report = { ...fresh.report, version: 'fresh' };
    fresh.mesh.publishReport();
    const tookMs = await world.until('it has the name', 15_000, () => others.every((one) => holderOf(one) === 'fresh'));

    expect(tookMs).toBeLessThan(15_000);
    await world.clock.advance(60_000);
    expect(others.map(holderOf)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(at(api.nodes, 3).mesh.contested()).toContain('node-4');
  });
});
