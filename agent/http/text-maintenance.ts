/** Nodes in maintenance, as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiMaintenance, ApiMaintenances } from './contract/orders.ts';
import { renderTable } from './table.ts';
import { age, end } from './text-values.ts';

export function renderMaintenance({ maintenance }: ApiMaintenances, now: number): string {
  if (maintenance.length === 0) return 'No node is in maintenance.\n';
  const rows = maintenance.map((one) => [
    one.node,
    formatInstant(Date.parse(one.since), now),
    formatInstant(Date.parse(one.until), now),
    age((Date.parse(one.until) - now) / 1000),
    one.by,
    one.reason ?? '',
  ]);
  return end(renderTable([['NODE', 'SINCE', 'UNTIL', 'LEFT', 'BY', 'REASON'], ...rows]));
}

/** `in maintenance until 15:02:00 UTC (new disk)` */
export const maintenanceNote = ({ until, reason }: ApiMaintenance, now: number): string =>
  `in maintenance until ${formatInstant(Date.parse(until), now)}${reason === undefined ? '' : ` (${reason})`}`;
