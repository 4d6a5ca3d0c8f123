/** Questions between agents: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { type MemoryNode, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, startAll } from '../../test/lib/mesh-views.ts';
import type { AskResult } from '../model/questions.ts';

/** More than an agent has neighbours. */
const MANY = 20;

describe('agents', () => {
  it('ask each other by name, also those to whom they hold no connection, which ends afterwards', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, MANY);
    for (const { name, mesh } of nodes) mesh.answer('name', async (question, { node }) => [name, question, node]);
    // No seed, to which all others connect at the start.
    const asker = at(nodes, MANY - 1);
    const connections = (): number => asker.mesh.counts()?.peers ?? 0;
    const before = connections();
    const asked: AskResult[] = [];
    for (const { name } of nodes) {
      const asking = asker.mesh.ask(name, 'name', 7);
      await world.clock.advance(200);
      asked.push(await asking);
    }

    expect(before).toBeLessThan(MANY - 1);
    expect(asked).toEqual(
      nodes.map(({ name }) => ({ kind: 'answer', node: name, value: [name, 7, asker.name] }) satisfies AskResult),
    );
    expect(asker.mesh.counts()?.questions.visits).toBe(MANY - 1 - before);
    expect(connections()).toBe(MANY - 1);
    await world.clock.advance(31_000);
    expect(connections()).toBeLessThan(MANY - 1);
    expect(asker.mesh.counts()?.questions).toMatchObject({ asked: { answers: MANY - 1, failed: {} }, visits: 0 });
  }, 60_000);

  it('say whom they do not know, who does not answer, and that they have not begun or are stopping', async () => {
    const world = createMemoryWorld(2);
    const nodes = await startAll(world, 2);
    const [one, two] = [at(nodes, 0), at(nodes, 1)];
    const whyOf = async (node: MemoryNode, name: string): Promise<string> => {
      const asking = node.mesh.ask(name, 'name', null);
      await world.clock.advance(11_000);
      const result = await asking;
      return result.kind === 'failed' ? result.why : 'answer';
    };
    const early: string[] = [];
    const late = world.start('node-3', 3, {
      onMade: (mesh) => void mesh.ask('node-1', 'name', 1).then((result) => early.push(JSON.stringify(result))),
    });

    expect(await whyOf(one, 'stranger')).toBe('unknown-node');
    expect(await whyOf(one, 'node-2')).toBe('unsupported');
    expect(() => two.mesh.answer('No Subject', async () => 1)).toThrow('no subject');
    two.mesh.answer('name', async () => 'two');
    expect(await whyOf(one, 'node-2')).toBe('answer');
    await two.kill();
    expect(await whyOf(one, 'node-2')).toBe('not-connected');
    const stopping = one.mesh.ask('node-2', 'name', 1);
    void one.mesh.stop('restart');
    await world.clock.advance(1000);
    expect((await stopping).kind).toBe('failed');
    await late;
    expect(early[0]).toContain('"why":"no-mesh"');
  }, 60_000);
});
