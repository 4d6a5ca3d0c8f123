/** What kind of node a node is, by its last report, however old: a dead master is still a master. */
import type { ClusterState } from '../model/cluster-state.ts';
import { hasControlPlane, hasFound } from '../model/control-plane.ts';
import type { NodeReport } from '../model/report.ts';

/** Names of nodes, sorted. */
export interface Roles {
  /** With a control plane: by their label, or because a check of theirs found a part of one. */
  readonly controlPlane: readonly string[];
  /** With an etcd member. */
  readonly etcd: readonly string[];
}

interface Role {
  readonly controlPlane: boolean;
  readonly etcd: boolean;
}

const ETCD: ReadonlySet<string> = new Set(['etcd']);

/** @param labelled names of nodes that are known to have a control plane, whatever they report */
export function rolesOf({ nodes }: ClusterState, labelled: readonly string[]): Roles {
  const controlPlane = new Set(labelled);
  const etcd: string[] = [];
  for (const { report } of nodes) {
    const role = roleOf(report);
    if (role.controlPlane) controlPlane.add(report.node);
    if (role.etcd) etcd.push(report.node);
  }
  return { controlPlane: [...controlPlane].sort(), etcd: etcd.sort() };
}

/** A report says the same for ever, and of a large cluster nearly all are those of a second ago. */
const known = new WeakMap<NodeReport, Role>();

function roleOf(report: NodeReport): Role {
  const before = known.get(report);
  if (before !== undefined) return before;
  const [controlPlane, etcd] = [
    report.place?.isControlPlane === true || hasControlPlane(report),
    hasFound(report, ETCD),
  ];
  const role = ROLES.find((one) => one.controlPlane === controlPlane && one.etcd === etcd) ?? { controlPlane, etcd };
  known.set(report, role);
  return role;
}

const ROLES: readonly Role[] = [true, false].flatMap((controlPlane) =>
  [true, false].map((etcd) => ({ controlPlane, etcd })),
);
