/** What stays where there is no room for all scenes. Pure. */
import type { ScenePlace } from '../../model/scene.ts';
import { workloadOf } from '../../model/pod-names.ts';

/**
 * At most so many: of the workload that has most of them the oldest go first, so that what fails every minute does not take the
 * place of what failed once.
 *
 * @param all newest first
 */
export function fairShare<One extends ScenePlace>(all: readonly One[], most: number): readonly One[] {
  /** Their places in it. */
  const groups = new Map<string, number[]>();
  for (const [index, { namespace, pod }] of all.entries()) {
    const key = workloadOf(`${namespace}/${pod}`);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  const dropped = new Set<number>();
  for (let surplus = all.length - most; surplus > 0; surplus -= 1) {
    const oldestOf = (group: readonly number[]): number => group.at(-1) ?? -1;
    const [largest] = [...groups.values()].toSorted((a, b) => b.length - a.length || oldestOf(b) - oldestOf(a));
    dropped.add(largest?.pop() ?? -1);
  }
  return all.filter((_, index) => !dropped.has(index));
}
