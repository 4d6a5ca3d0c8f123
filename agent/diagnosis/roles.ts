/** What kind of node a node is, by its last report, however old: a dead master is still a master. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { MeshState } from '../model/mesh-state.ts';
import type { CheckResult, NodeReport } from '../model/report.ts';

const CONTROL_PLANE_CHECKS: ReadonlySet<string> = new Set(['etcd', 'apiserver', 'scheduler', 'controller-manager']);

/** Nodes with a control plane: by configuration or label, or because a check of theirs found a part of one. */
export function controlPlaneNodes(cluster: ClusterState, mesh: MeshState): readonly string[] {
  const byReport = nodesWith(cluster, (check) => CONTROL_PLANE_CHECKS.has(check));
  return [...new Set([...mesh.controlPlane, ...byReport])].sort();
}

/** Nodes with an etcd member. */
export const etcdNodes = (cluster: ClusterState): readonly string[] =>
  nodesWith(cluster, (check) => check === 'etcd').sort();

function nodesWith({ nodes }: ClusterState, isPart: (check: string) => boolean): string[] {
  const hasPart = ({ results }: NodeReport): boolean => results.some((result) => isPart(result.check) && found(result));
  return nodes.filter(({ report }) => hasPart(report)).map(({ report }) => report.node);
}

/** A check that never could look has not found anything: a worker without a mount is no master. */
const found = ({ status, looked }: CheckResult): boolean =>
  status === 'ok' || status === 'problem' || (status === 'unknown' && looked === true);
