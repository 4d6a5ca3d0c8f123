/** Whether a workload's containers on this node, or those of one pod, are to be restarted. */
import type { ContainerLiveness, LivenessState } from '../model/liveness.ts';
import type { ApiLiveness } from './contract/workloads.ts';
import { toInstant } from './units.ts';

/** @param isWhole all have to be dead, where it cannot be told which one asks */
export function presentLiveness(node: string, all: readonly ContainerLiveness[], isWhole: boolean): ApiLiveness {
  return {
    node,
    state: stateOf(
      all.map(({ state }) => state),
      isWhole,
    ),
    containers: all.map(({ pod, container, watch, state, why, since }) => ({
      pod,
      container,
      watch,
      state,
      ...(why !== '' && { why }),
      since: toInstant(since),
    })),
  };
}

/** Of one pod the worst counts, of a workload the best. */
function stateOf(states: readonly LivenessState[], isWhole: boolean): LivenessState {
  const order: readonly LivenessState[] = isWhole ? BEST_FIRST : WORST_FIRST;
  return order.find((state) => states.includes(state)) ?? 'unknown';
}

const WORST_FIRST = ['dead', 'suppressed', 'unknown', 'alive'] as const;
const BEST_FIRST = ['alive', 'unknown', 'suppressed', 'dead'] as const;
