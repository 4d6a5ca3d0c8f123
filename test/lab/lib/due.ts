/** What a test may expect of a machine that has other things to do. */
import { watchWaiting } from '../../lib/waiting.ts';
import type { LabHost } from './lab/types.ts';

/** Starts to measure, and returns what may be asserted of a bound: twice that, and the time that a host did not have, ms. */
export function startDue(hosts: readonly LabHost[]): (boundMs: number) => number {
  const waitedMs = watchWaiting(() => hosts.flatMap((host) => host.processes()));
  return (boundMs) => 2 * (boundMs + waitedMs());
}
