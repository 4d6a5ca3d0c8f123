/** What people order of the mesh by way of this agent, with what is written into the timeline of it. */
import type { JoinedMesh } from './joined-mesh.ts';
import type { ForgetOutcome } from './model/forget-outcome.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from './model/maintenance.ts';
import { formatDuration } from './model/text.ts';

export interface Orders {
  /** Removes a member from the cluster. */
  forget(node: string, by: string): ForgetOutcome;
  /** Somebody works on a node, or does not any more. */
  maintain(order: MaintenanceOrder, by: string): MaintenanceOutcome;
}

export interface OrdersDeps {
  readonly self: string;
  /** Undefined: without one. */
  readonly mesh: () => Pick<JoinedMesh, 'forget' | 'maintain'> | undefined;
  /** Into the own log, and to the others. */
  readonly notice: (message: string) => void;
}

const NO_MESH = { kind: 'no-mesh', why: 'mesh.enabled is false' } as const;

export function createOrders({ self, mesh, notice }: OrdersDeps): Orders {
  const orderedBy = (by: string): string => `by an operator on ${self}, who asked from ${by}`;
  return {
    forget(node, by) {
      const outcome = mesh()?.forget(node) ?? NO_MESH;
      if (outcome.kind === 'forgotten') notice(`${node} was removed from the cluster ${orderedBy(by)}`);
      return outcome;
    },
    maintain(order, by) {
      const outcome = mesh()?.maintain(order) ?? NO_MESH;
      const { node, forMs, reason } = order;
      const words = reason === undefined ? '' : `: ${reason}`;
      if (outcome.kind === 'begun')
        notice(`${node} was put in maintenance for ${formatDuration(forMs)} ${orderedBy(by)}${words}`);
      if (outcome.kind === 'ended') notice(`the maintenance of ${node} was ended ${orderedBy(by)}`);
      return outcome;
    },
  };
}
