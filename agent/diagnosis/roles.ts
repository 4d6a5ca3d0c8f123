/** What kind of node a node is, by its last report, however old: a dead master is still a master. */
import type { ClusterState } from '../model/cluster-state.ts';
import { type ControlPlanePart, partsOf } from '../model/control-plane.ts';
import type { NodeReport } from '../model/report.ts';

/** Names of nodes, sorted. */
export interface Roles {
  /** With a control plane: by their label, or because a check of theirs found a part of one. */
  readonly controlPlane: readonly string[];
  /** With the part. */
  having(part: ControlPlanePart): readonly string[];
}

/** @param labelled names of nodes that are known to have a control plane, whatever they report */
export function rolesOf({ nodes }: ClusterState, labelled: readonly string[]): Roles {
  const controlPlane = new Set(labelled);
  const byPart = new Map<ControlPlanePart, string[]>();
  for (const { report } of nodes) {
    const parts = rememberedParts(report);
    if (parts.length > 0 || report.place?.isControlPlane === true) controlPlane.add(report.node);
    for (const part of parts) {
      const names = byPart.get(part);
      if (names === undefined) byPart.set(part, [report.node]);
      else names.push(report.node);
    }
  }
  for (const names of byPart.values()) names.sort();
  return { controlPlane: [...controlPlane].sort(), having: (part) => byPart.get(part) ?? [] };
}

/** A report says the same for ever, and of a large cluster nearly all are those of a second ago. */
const known = new WeakMap<NodeReport, readonly ControlPlanePart[]>();

function rememberedParts(report: NodeReport): readonly ControlPlanePart[] {
  const before = known.get(report);
  if (before !== undefined) return before;
  const parts = partsOf(report);
  known.set(report, parts);
  return parts;
}
