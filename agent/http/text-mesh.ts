/** Members, and the matrix of what the nodes see of each other, as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiMember, ApiMembers } from './contract.ts';
import type { ApiLink, ApiMatrix } from './contract/links.ts';
import { renderTable } from './table.ts';
import { maintenanceNote } from './text-maintenance.ts';
import { age, cutTo, end, listNames, sinceText } from './text-values.ts';

/** More nodes do not fit beside each other. */
const MOST_COLUMNS = 40;
const MOST_ROWS = 40;
/** A good link that loses so much is worth a line. */
const LOSSY = 0.3;
const MOST_NAME = 30;

export function renderMembers({ node, digest, members }: ApiMembers, now: number): string {
  const rows = members.map((member) => memberRow(member, node, now));
  const here = members.filter(({ state }) => state !== 'left');
  const connected = here.filter(({ inComponent }) => inComponent).length;
  return end([
    `${connected} of ${here.length} members connected to ${node}`,
    '',
    ...renderTable([MEMBER_HEAD, ...rows]),
    ...(digest === '' ? [] : ['', `Reports: ${digest.slice(0, 16)}; agents with the same word here know the same.`]),
  ]);
}

/** One member, as a table of one row. */
export const renderMember = (member: ApiMember, self: string, now: number): string =>
  end(renderTable([MEMBER_HEAD, memberRow(member, self, now)]));

/** What is not good first, then every pair of nodes as one character. */
export function renderMatrix({ node, nodes, links }: ApiMatrix, now: number): string {
  if (nodes.length < 2) return `${node} knows of no other node.\n`;
  const current = links.filter(({ stale }) => stale !== true);
  const bad = current.filter((link) => troubleOf(link) !== undefined);
  const rows = describe(bad, now);
  const more = rows.length - MOST_ROWS;
  return end([
    `Seen from ${node}: ${current.length - bad.length} links are good, ${bad.length} are not`,
    '',
    ...renderTable(rows.slice(0, MOST_ROWS)),
    ...(more > 0 ? [`and ${more} more: meerkat matrix --json`] : []),
    ...(rows.length > 0 ? [''] : []),
    ...(nodes.length > MOST_COLUMNS ? countsOf(links, nodes.length) : grid(nodes, links)),
  ]);
}

const MEMBER_HEAD = ['NODE', 'STATE', 'FOR', 'REPORT', 'WHAT'];

const memberRow = (member: ApiMember, self: string, now: number): string[] => [
  member.node,
  member.state === 'alive' ? 'alive' : member.state.toUpperCase(),
  age((now - Date.parse(member.since)) / 1000),
  member.node === self ? 'own' : (member.freshness ?? 'none'),
  whatOf(member, now),
];

/** What is wrong with a link; undefined: nothing is. */
function troubleOf({ state, shortOnly, lossTo = 0, lossFrom = 0 }: ApiLink): string | undefined {
  if (shortOnly === true) return 'only short datagrams pass';
  if (state !== 'good') return state ?? 'not known';
  return Math.max(lossTo, lossFrom) >= LOSSY ? 'lossy' : undefined;
}

/** One row for all who say the same of a node. */
function describe(bad: readonly ApiLink[], now: number): string[][] {
  const groups = Map.groupBy(bad, (link) => `${link.to} ${troubleOf(link)}`);
  return [...groups.values()].map((links) => {
    const [first] = links;
    const since = links.map((link) => link.since).sort()[0] ?? '';
    const from = listNames(links.map((link) => link.from));
    return [
      `to ${first?.to}`,
      first === undefined ? '' : (troubleOf(first) ?? ''),
      `since ${sinceText(since, now)}`,
      `from ${from}`,
    ];
  });
}

const SIGNS = { good: '.', lost: 'X', refused: 'R', unresponsive: 'U', 'udp-blocked': 'B' } as const;
const UNKNOWN = '?';
const LEGEND = [
  '. good   X lost   R refused: no agent there   U unresponsive: the agent is stuck',
  'B UDP is blocked   ? not known   blank: no neighbours   \\ itself   * says nothing current',
];

/** A row is what a node sees of the others; they stand in the same order from left to right, under their numbers. */
function grid(nodes: readonly string[], links: readonly ApiLink[]): string[] {
  const byPair = new Map(links.map((link) => [`${link.from} ${link.to}`, link]));
  const stale = new Set(links.filter((link) => link.stale === true).map(({ from }) => from));
  const silent = new Set(nodes.filter((name) => !links.some(({ from }) => from === name)));
  const width = Math.min(MOST_NAME, Math.max(...nodes.map(({ length }) => length)));
  const margin = ' '.repeat(width + 6);
  const numbers = nodes.map((_, index) => String(index + 1).padStart(2));
  const rows = nodes.map((from, index) => {
    const signs = nodes.map((to) => (from === to ? '\\' : signOf(byPair.get(`${from} ${to}`)))).join('');
    const mark = stale.has(from) || silent.has(from) ? '*' : ' ';
    return `${numbers[index]} ${cutTo(from, width).padEnd(width)} ${mark} ${signs}`.trimEnd();
  });
  return [
    ...(nodes.length > 9 ? [`${margin}${numbers.map((text) => text[0]).join('')}`.trimEnd()] : []),
    `${margin}${numbers.map((text) => text[1]).join('')}`,
    ...rows,
    '',
    ...LEGEND,
  ];
}

const signOf = (link: ApiLink | undefined): string =>
  link === undefined ? ' ' : link.state === undefined ? UNKNOWN : SIGNS[link.state];

function countsOf(links: readonly ApiLink[], nodes: number): string[] {
  const counts = new Map<string, number>();
  for (const { state = 'not known', stale } of links) {
    const word = stale === true ? 'history' : state;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const rows = [...counts].sort((a, b) => b[1] - a[1]).map(([state, count]) => [state, String(count)]);
  return [
    ...renderTable([['STATE', 'LINKS'], ...rows]),
    '',
    `${nodes} nodes are too many to draw: more than ${MOST_COLUMNS}.`,
  ];
}

function whatOf(member: ApiMember, now: number): string {
  const { state, judged, inComponent, leaving, graceUntil, falls, maintenance, testimony } = member;
  const parts = [
    ...(maintenance === undefined ? [] : [maintenanceNote(maintenance, now)]),
    ...(judged ? [] : ['known from before this agent started']),
    ...(inComponent || state === 'left' ? [] : ['not connected']),
    ...(leaving === undefined ? [] : [LEAVING[leaving]]),
    ...(graceUntil !== undefined && Date.parse(graceUntil) > now
      ? [`expected back by ${formatInstant(Date.parse(graceUntil), now)}`]
      : []),
    ...(falls === undefined ? [] : [`comes and goes: went down ${falls} times in two minutes`]),
    ...[...new Set(testimony.map((one) => one.state))].map((seen) => {
      const observers = testimony.filter((one) => one.state === seen).map(({ observer }) => observer);
      return `${seen} for ${listNames(observers)}`;
    }),
  ];
  return parts.join('; ');
}

const LEAVING = {
  restart: 'it restarts',
  shutdown: 'it was told to stop',
  removed: 'it does not come back',
} as const;
