/** What is promised of a check. */
import { boundMs } from '../../../agent/runner/schedule.ts';
import { CHECKS } from '../../../checks/registry.ts';

/**
 * From a fault to the problem on the fault's own node, ms.
 *
 * @param reason with the window that is its own
 * @param intervalMs where it is looked at more often than by default
 */
export function boundOfCheck(id: string, reason?: string, intervalMs?: number): number {
  const check = CHECKS.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  const ownMs = reason === undefined ? 0 : (check.reasons[reason]?.windowMs ?? 0);
  const windowMs = (check.windowMs ?? 0) + ownMs;
  return boundMs({ intervalMs: intervalMs ?? check.intervalMs, timeoutMs: check.timeoutMs, windowMs });
}
