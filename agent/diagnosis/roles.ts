/** What kind of node a node is, by its last report, however old: a dead master is still a master. */
import type { ClusterState } from '../model/cluster-state.ts';
import { hasControlPlane, hasFound } from '../model/control-plane.ts';
import type { MeshState } from '../model/mesh-state.ts';
import type { NodeReport } from '../model/report.ts';

/** Nodes with a control plane: by configuration or label, or because a check of theirs found a part of one. */
export const controlPlaneNodes = (cluster: ClusterState, mesh: MeshState): readonly string[] =>
  [...new Set([...mesh.controlPlane, ...nodesThat(cluster, hasControlPlane)])].sort();

/** Nodes with an etcd member. */
export const etcdNodes = (cluster: ClusterState): readonly string[] =>
  nodesThat(cluster, (report) => hasFound(report, (check) => check === 'etcd')).sort();

const nodesThat = ({ nodes }: ClusterState, is: (report: NodeReport) => boolean): string[] =>
  nodes.filter(({ report }) => is(report)).map(({ report }) => report.node);
