/** Nodes in maintenance. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Maintenance } from '../model/maintenance.ts';
import type { ApiMaintenance, ApiMaintenances } from './contract/orders.ts';
import { byName } from './natural-order.ts';
import { toInstant } from './units.ts';

export function presentMaintenanceList({ mesh }: ClusterState): ApiMaintenances {
  const all = [...(mesh?.maintenance ?? [])].sort((a, b) => byName(a.node, b.node));
  return { maintenance: all.map((one) => presentMaintenance(one, mesh?.originMs ?? 0)) };
}

/** @param originMs Unix ms at which this agent's monotonic clock read 0 */
export const presentMaintenance = (
  { node, by, reason, sinceMs, untilMs }: Maintenance,
  originMs: number,
): ApiMaintenance => ({
  node,
  by,
  ...(reason !== undefined && { reason }),
  since: toInstant(originMs + sinceMs),
  until: toInstant(originMs + untilMs),
});
