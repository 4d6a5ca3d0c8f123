/** How often a node repeats its report while nothing changes. */
import { hasControlPlane } from '../../model/control-plane.ts';
import { HEARTBEAT_MS, type NodeReport } from '../../model/report.ts';

/** All members together repeat a report this often, so that what an agent receives does not grow with their number. */
const MS_PER_MEMBER = 600;
/** All agents keep what control-plane nodes measure as history, minute by minute. */
const CONTROL_PLANE_MS = 60_000;

/**
 * Pause between two reports that differ in ages and figures only, ms. What changes is told at once whatever this is, and
 * probes show every second that the author lives and has no newer content.
 *
 * @param members of the whole cluster
 */
export function heartbeatMs(members: number, report: NodeReport): number {
  const pauseMs = Math.max(HEARTBEAT_MS, Math.round((members * MS_PER_MEMBER) / 1000) * 1000);
  return hasControlPlane(report) ? Math.min(pauseMs, CONTROL_PLANE_MS) : pauseMs;
}
