/** What groups of nodes see of each other, as text. */
import type { ApiGroupMatrix } from './contract/links.ts';
import { renderTable } from './table.ts';
import { end, formatValue, listNames, sinceText } from './text-values.ts';

const MOST_NAMES = 5;

/** What is not good first, then a line for each path. */
export function renderGroups({ node, groups, paths, worst, worstLeftOut }: ApiGroupMatrix, now: number): string {
  const bad = worst.map(({ to, state, since, observers, from, oneWay, shortOnly }) => [
    `to ${to}`,
    `${shortOnly === true ? 'only short datagrams pass' : state === 'good' ? 'lossy' : (state ?? 'not known')}${oneWay === true ? ', one way' : ''}`,
    `since ${sinceText(since, now)}`,
    `from ${observers > MOST_NAMES ? `${from.slice(0, MOST_NAMES).join(', ')} and ${observers - MOST_NAMES} more` : listNames(from)}`,
  ]);
  const rows = paths.map(({ from, to, links, bad: notGood, rttSeconds, rttWorstSeconds, lossRatio }) => [
    from,
    to,
    links === undefined ? '?' : String(links),
    String(notGood),
    rttSeconds === undefined ? '' : formatValue('rtt_seconds', rttSeconds),
    rttWorstSeconds === undefined ? '' : formatValue('rtt_seconds', rttWorstSeconds),
    lossRatio === undefined ? '' : formatValue('loss_ratio', lossRatio),
  ]);
  const here = groups.map(({ id, nodes, connected }) => [id, String(nodes), String(connected)]);
  return end([
    `Seen from ${node}`,
    '',
    ...renderTable([['GROUP', 'NODES', 'CONNECTED'], ...here]),
    '',
    ...renderTable(bad),
    ...(worstLeftOut > 0 ? [`and ${worstLeftOut} more`] : []),
    ...(bad.length > 0 ? [''] : []),
    ...renderTable([['FROM', 'TO', 'LINKS', 'BAD', 'ROUND TRIP', 'LONGEST', 'LOSS'], ...rows]),
  ]);
}
