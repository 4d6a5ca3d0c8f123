/** What others say of workloads, as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiSignals, ApiSignalsTaken } from './contract/workloads.ts';
import { renderTable } from './table.ts';
import { end } from './text-values.ts';

export function renderSignals({ signals }: ApiSignals, now: number): string {
  if (signals.length === 0) return 'Nobody says anything of a workload.\n';
  const rows = signals.map((one) => [
    `${one.namespace}/${one.workload}${one.container === undefined ? '' : `/${one.container}`}`,
    one.name,
    one.state,
    formatInstant(Date.parse(one.since), now),
    formatInstant(Date.parse(one.until), now),
    one.source,
    one.by,
    one.message ?? '',
  ]);
  return end(renderTable([['WORKLOAD', 'SIGNAL', 'STATE', 'SINCE', 'UNTIL', 'SAID BY', 'TO', 'MESSAGE'], ...rows]));
}

export function renderTaken({ taken, ignoredCount, ignored }: ApiSignalsTaken): string {
  return end([`${taken} taken, ${ignoredCount} ignored.`, ...ignored.map(({ what, why }) => `  ${what}: ${why}.`)]);
}
