/** The status as text for people with curl. Plain lines, no colour; the first says the most. */
import type { ApiNode, ApiNodeSummary, ApiStatus } from './contract.ts';
import { renderFindings } from './text-findings.ts';
import { countsOf, renderChecks, renderNodeLines } from './text-nodes.ts';
import { age, end, listNames, wrap } from './text-values.ts';

/** What the status is shown with. */
export interface StatusNodes {
  /** The node that answers; undefined before its first report. */
  readonly own: ApiNode | undefined;
  /** Every node, that one included. */
  readonly all: readonly ApiNodeSummary[];
}

/**
 * The whole answer to "what is broken, since when, and why". Of a single node with the state of its checks; of several
 * with a line each.
 */
export function renderStatus(status: ApiStatus, { own, all }: StatusNodes, now: number): string {
  const { view } = status;
  // The first line stays whole: it is what `head -1` and a pager's subject show.
  const lines = [`${status.status.toUpperCase()}  ${status.sentence}`, '', ...renderFindings(status.findings, now)];
  if (all.length > 1) {
    lines.push(`${all.length} nodes:`, '', ...renderNodeLines(all), '');
    lines.push(...wrap(viewOf(status, all), '', ''), `One node with its checks: meerkat nodes NODE`);
    return end(lines);
  }
  if (own !== undefined) lines.push(`Checks on ${own.node}: ${countsOf(own)}`, '', ...renderChecks(own.checks), '');
  lines.push(`Seen from ${view.node}: ${view.current} of ${view.members} members.${starting(status)}`);
  return end(lines);
}

const starting = ({ view }: ApiStatus): string =>
  view.settled ? '' : ' This agent is starting: not every check has run yet.';

/** From where, and on how much, all of this was seen. */
function viewOf(status: ApiStatus, all: readonly ApiNodeSummary[]): string {
  const { node, members, current, component = current } = status.view;
  const peers = all.filter((one) => one.node !== node);
  const none = peers.filter(({ ageSeconds }) => ageSeconds === null);
  const late = peers.filter(({ freshness }) => freshness === 'lagging');
  const parts = [
    `${component} of ${members} members connected`,
    ...staleParts(peers.filter(({ freshness }) => freshness === 'stale')),
    ...(late.length === 0 ? [] : [`a later report of ${namesOf(late)} is known of and has not come yet`]),
    ...(none.length === 0 ? [] : [`no report of ${namesOf(none)} has come yet`]),
  ];
  return `Seen from ${node}: ${parts.join('; ')}.${starting(status)}`;
}

function staleParts(stale: readonly ApiNodeSummary[]): string[] {
  if (stale.length === 0) return [];
  const ages = stale.map(({ ageSeconds }) => ageSeconds ?? 0);
  const [youngest, oldest] = [age(Math.min(...ages)), age(Math.max(...ages))];
  const old = youngest === oldest ? oldest : `${youngest} to ${oldest}`;
  return [
    `the last ${stale.length === 1 ? 'report' : 'reports'} of ${namesOf(stale)} ${stale.length === 1 ? 'is' : 'are'} ${old} old`,
  ];
}

const namesOf = (nodes: readonly ApiNodeSummary[]): string => listNames(nodes.map(({ node }) => node));
