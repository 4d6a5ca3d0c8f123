/** The readings that travel to peers: few, so that a report stays small. */
import type { Sample } from './history.ts';
import type { NodeReport } from './report.ts';

/** More readings of a node than these are no longer few. */
export const MAX_SHARED_READINGS = 12;

/** Whether the check's catalogue lets a reading travel. */
export type IsShared = (check: string, reading: string) => boolean;

/** The report without the readings that stay on the node. */
export function sharedOf(report: NodeReport, isShared: IsShared): NodeReport {
  return {
    ...report,
    results: report.results.map((result) => ({
      ...result,
      readings: result.readings.filter(({ name, subject }) => subject === undefined && isShared(result.check, name)),
    })),
  };
}

/** The shared readings of a peer's report as samples. @param at when the report was made, Unix ms by the own clock */
export function sharedSamples(report: NodeReport, at: number, isShared: IsShared): Sample[] {
  const samples = report.results.flatMap(({ check, ageMs, readings }): Sample[] =>
    ageMs === undefined
      ? []
      : readings
          .filter(({ name }) => isShared(check, name))
          .map(({ name, subject, value }) => ({
            at: at - ageMs,
            key: { node: report.node, check, reading: name, ...(subject !== undefined && { subject }) },
            value,
          })),
  );
  return samples.slice(0, MAX_SHARED_READINGS);
}
