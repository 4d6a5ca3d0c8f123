/** Which nodes run a part of the Kubernetes control plane, by what their checks found. */
import type { CheckResult, NodeReport } from './report.ts';

const CONTROL_PLANE_CHECKS: ReadonlySet<string> = new Set(['etcd', 'apiserver', 'scheduler', 'controller-manager']);

/** True when a check of the node found a part of the control plane, in whatever state. */
export const hasControlPlane = (report: NodeReport): boolean => hasFound(report, CONTROL_PLANE_CHECKS);

/** True when one of these checks found its thing. One that never could look has not: a worker without a mount is no master. */
export const hasFound = ({ results }: NodeReport, checks: ReadonlySet<string>): boolean =>
  results.some((result) => isFound(result) && checks.has(result.check));

const isFound = ({ status, looked }: CheckResult): boolean =>
  status === 'ok' || status === 'problem' || (status === 'unknown' && looked === true);
