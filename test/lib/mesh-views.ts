/** What agents of a mesh in memory know, for tests that wait for it. */
import type { MemberState } from '../../agent/model/member.ts';
import type { MemoryNode, MemoryWorld } from './memory-mesh.ts';

export const states = ({ mesh }: MemoryNode): Record<string, MemberState> =>
  Object.fromEntries(mesh.state().mesh.members.map(({ name, state }) => [name, state]));
export const stateOf = (viewer: MemoryNode, name: string): MemberState | undefined => states(viewer)[name];
/** Node → freshness of its report. */
export const fresh = ({ mesh }: MemoryNode): Record<string, string | undefined> =>
  Object.fromEntries(mesh.state().peers.map(({ report, freshness }) => [report.node, freshness]));
/** Each is settled, and has all others alive and current. */
export const isWell = (nodes: readonly MemoryNode[]): boolean =>
  nodes.every(
    (node) =>
      node.mesh.state().mesh.settled &&
      Object.values(states(node)).filter((state) => state === 'alive').length === nodes.length &&
      Object.values(fresh(node)).filter((one) => one === 'current').length === nodes.length - 1,
  );

export async function startAll(world: MemoryWorld, count: number): Promise<MemoryNode[]> {
  const nodes: MemoryNode[] = [];
  for (let host = 1; host <= count; host += 1) nodes.push(await world.start(`node-${host}`, host));
  await world.until('all are well', 20_000, () => isWell(nodes));
  return nodes;
}

export const at = (nodes: readonly MemoryNode[], index: number): MemoryNode => {
  const node = nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
};
