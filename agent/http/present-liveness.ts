/** Whether a workload's containers on this node, or those of one pod, are to be restarted. */
import type { ContainerLiveness, LivenessState } from '../model/liveness.ts';
import type { ApiLiveness } from './contract/workloads.ts';
import { toInstant } from './units.ts';

/** @param isWhole all pods have to be dead, where it cannot be told which one asks */
export function presentLiveness(node: string, all: readonly ContainerLiveness[], isWhole: boolean): ApiLiveness {
  return {
    node,
    state: isWhole ? bestOf(podsOf(all)) : worstOf(all.map(({ state }) => state)),
    containers: all.map(({ pod, container, watch, state, why, since, askedAt, unaskedMs }) => ({
      pod,
      container,
      watch,
      state,
      ...(why !== '' && { why }),
      since: toInstant(since),
      ...(askedAt !== undefined && { asked: toInstant(askedAt) }),
      ...(unaskedMs !== undefined && { nobodyAsks: true }),
    })),
  };
}

/** Of a pod the worst of its containers counts, whoever else in it is content. */
const podsOf = (all: readonly ContainerLiveness[]): LivenessState[] =>
  [...Map.groupBy(all, ({ pod }) => pod).values()].map((those) => worstOf(those.map(({ state }) => state)));

const WORST_FIRST = ['dead', 'suppressed', 'unknown', 'alive'] as const;
const worstOf = (states: readonly LivenessState[]): LivenessState =>
  WORST_FIRST.find((state) => states.includes(state)) ?? 'unknown';
const bestOf = (states: readonly LivenessState[]): LivenessState =>
  WORST_FIRST.toReversed().find((state) => states.includes(state)) ?? 'unknown';
