/** Nodes by role and zone: what a large cluster is looked at by. */
import type { ClusterState } from '../model/cluster-state.ts';
import { hasControlPlane } from '../model/control-plane.ts';
import type { NodeReport } from '../model/report.ts';
import type { ApiNodeSummary } from './contract.ts';

/** Absent where nothing is known of it. */
export type Place = Pick<ApiNodeSummary, 'role' | 'zone'>;

/**
 * `worker/eu-1a`; the role alone where no zone is known, `unknown` where nothing is. A control plane is one group: its few
 * nodes are in as many zones.
 */
export const groupIdOf = ({ role, zone }: Place): string =>
  `${role ?? 'unknown'}${zone === undefined || role === 'control-plane' ? '' : `/${zone}`}`;

/** Where each node belongs, by its last report, however old: a dead master is still a master. */
export function placesOf({
  mesh,
}: Pick<ClusterState, 'mesh'>): (name: string, report: NodeReport | undefined) => Place {
  const labelled = new Set(mesh?.controlPlane);
  return (name, report) => {
    const zone = report?.place?.zone === undefined ? {} : { zone: report.place.zone };
    const isMaster = labelled.has(name) || (report !== undefined && showsControlPlane(report));
    if (isMaster) return { role: 'control-plane', ...zone };
    return report === undefined ? {} : { role: 'worker', ...zone };
  };
}

/** A report says the same for ever, and of a large cluster nearly all are those of a second ago. */
const KNOWN = new WeakMap<NodeReport, boolean>();

/** By its label, or what its checks found. */
export function showsControlPlane(report: NodeReport): boolean {
  const known = KNOWN.get(report);
  if (known !== undefined) return known;
  const shows = report.place?.isControlPlane === true || hasControlPlane(report);
  KNOWN.set(report, shows);
  return shows;
}
