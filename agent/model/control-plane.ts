/** Which nodes run a part of the Kubernetes control plane, by what their checks found. */
import type { CheckResult, NodeReport } from './report.ts';

/** Parts of a control plane, called as the checks that look at them. */
export const CONTROL_PLANE_PARTS = ['etcd', 'apiserver', 'scheduler', 'controller-manager'] as const;
export type ControlPlanePart = (typeof CONTROL_PLANE_PARTS)[number];

/** True when a check of the node found a part of the control plane, in whatever state. */
export const hasControlPlane = (report: NodeReport): boolean => partsOf(report).length > 0;

/** What checks of the node found. One that never could look has not: a worker without a mount is no master. */
export const partsOf = ({ results }: NodeReport): readonly ControlPlanePart[] =>
  CONTROL_PLANE_PARTS.filter((part) => results.some((result) => result.check === part && isFound(result)));

const isFound = ({ status, looked }: CheckResult): boolean =>
  status === 'ok' || status === 'problem' || (status === 'unknown' && looked === true);
