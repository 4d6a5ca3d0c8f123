/** The board: whole meshes over the transport in memory, in virtual time. */
import { describe, expect, it } from 'vitest';
import { type MemoryNode, createMemoryWorld } from '../../test/lib/memory-mesh.ts';
import { at, startAll, stateOf } from '../../test/lib/mesh-views.ts';
import { MAX_NOTE_BYTES, TOPICS } from '../model/board.ts';

const told = ({ mesh }: MemoryNode): unknown[] =>
  mesh.board
    .notes('silences')
    .map(({ node, items }) => [node, ...items])
    .toSorted(([one], [other]) => String(one).localeCompare(String(other)));
const allTold = (nodes: readonly MemoryNode[], notes: readonly unknown[]) => (): boolean =>
  nodes.every((node) => JSON.stringify(told(node)) === JSON.stringify(notes));

describe('the board', () => {
  it('carries a note of each agent for each topic to all others within a second, and the next in its place', async () => {
    const world = createMemoryWorld();
    const nodes = await startAll(world, 5);

    expect(at(nodes, 0).mesh.board.tell('silences', ['one'])).toBe('told');
    expect(at(nodes, 0).mesh.board.tell('signals', ['another topic'])).toBe('told');
    expect(at(nodes, 1).mesh.board.tell('silences', ['two', { deep: [1, null] }])).toBe('told');

    const first = [
      ['node-1', 'one'],
      ['node-2', 'two', { deep: [1, null] }],
    ];
    await world.until('all know both', 1000, allTold(nodes, first));
    expect(at(nodes, 0).mesh.board.tell('silences', ['three'])).toBe('told');
    await world.until('all know the next', 1000, allTold(nodes, [['node-1', 'three'], ...first.slice(1)]));
    expect(at(nodes, 4).mesh.board.notes('signals')).toMatchObject([
      { node: 'node-1', isOwn: false, isCurrent: true, items: ['another topic'] },
    ]);
    expect(at(nodes, 0).mesh.board.notes('signals')).toMatchObject([{ isOwn: true }]);
  }, 60_000);

  it('keeps a note whose author is gone, over everybody’s restart, as history; and the author goes on with it', async () => {
    const world = createMemoryWorld(2);
    const nodes = await startAll(world, 4);
    at(nodes, 0).mesh.board.tell('silences', ['stays']);
    const note = [['node-1', 'stays']];
    await world.until('all know it', 1000, allTold(nodes, note));
    const [author, ...left] = nodes;
    for (const node of nodes) node.save();
    await author?.kill();
    await world.until('it is down', 5000, () => left.every((node) => stateOf(node, 'node-1') === 'agent-down'));
    for (const node of left) await node.kill();
    await world.clock.advance(30_000);

    const again: MemoryNode[] = [];
    for (const host of [2, 3, 4]) again.push(await world.start(`node-${host}`, host, { recall: true }));
    await world.until('they know it again', 20_000, allTold(again, note));
    await world.until('it is history', 20_000, () =>
      again.every(({ mesh }) => mesh.board.notes('silences').every(({ isCurrent }) => !isCurrent)),
    );
    const [seen] = at(again, 0).mesh.board.notes('silences');
    expect(seen?.ageMs).toBeGreaterThan(30_000);

    const back = await world.start('node-1', 1, { recall: true });
    await world.until('its author knows it', 20_000, allTold([back], note));
    expect(back.mesh.board.notes('silences')[0]?.isOwn).toBe(true);
    await world.until('it may say the next', 20_000, () => back.mesh.board.tell('silences', ['goes on']) === 'told');
    await world.until('all know the next', 5000, allTold([...again, back], [['node-1', 'goes on']]));
  }, 60_000);

  it('carries the notes of one agent on all topics, each of which is a type of record beside its report', async () => {
    const world = createMemoryWorld(4);
    const nodes = await startAll(world, 3);
    for (const topic of TOPICS) expect(at(nodes, 0).mesh.board.tell(topic, [topic])).toBe('told');

    await world.until('all know all', 5000, () =>
      nodes.every(({ mesh }) => TOPICS.every((topic) => mesh.board.notes(topic)[0]?.items[0] === topic)),
    );
    expect(nodes.map(({ mesh }) => mesh.counts()?.records.unknown)).toEqual([0, 0, 0]);
  }, 60_000);

  it('says what is too long for it, and that an agent has not begun to speak', async () => {
    const world = createMemoryWorld(3);
    const [node] = await startAll(world, 1);
    const text = 'x'.repeat(MAX_NOTE_BYTES - 4);

    expect(node?.mesh.board.tell('incidents', [text])).toBe('told');
    expect(node?.mesh.board.tell('incidents', [`${text}x`])).toBe('too-long');
    expect(
      node?.mesh.board.tell(
        'incidents',
        Array.from({ length: 513 }, () => 0),
      ),
    ).toBe('too-long');
    expect(node?.mesh.board.notes('incidents')[0]?.items).toEqual([text]);
    await node?.mesh.stop('restart');
    expect(node?.mesh.board.tell('incidents', [])).toBe('not-yet');
    expect(node?.mesh.board.notes('incidents')).toEqual([]);
  }, 60_000);
});
