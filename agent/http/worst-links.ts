/** Links that are not good, by who is seen so: a dead node is one entry, however many say it. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { ApiGroupMatrix, ApiLink } from './contract/links.ts';
import { byName } from './natural-order.ts';

export type BadLink = ApiLink;
type Worst = ApiGroupMatrix['worst'][number];

const MAX_TOLD = 100;
const MAX_OBSERVERS = 8;

/** What most see first, and of what as many see the node by its name. */
export function worstOf(
  links: readonly BadLink[],
  state: ClusterState,
): Pick<ApiGroupMatrix, 'worst' | 'worstLeftOut'> {
  const groups = [...Map.groupBy(links, ({ to, state: seen, shortOnly }) => `${to}\n${seen}\n${shortOnly}`).values()];
  const [...sorted] = groups.sort((a, b) => b.length - a.length || byName(a[0]?.to ?? '', b[0]?.to ?? ''));
  const edgesOf = new Map(state.nodes.map(({ report, edges }) => [report.node, edges]));
  const seesWell = (from: string, to: string): boolean => edgesOf.get(from)?.to(to)?.state === 'good';
  return {
    worst: sorted.slice(0, MAX_TOLD).flatMap((group) => tell(group, seesWell)),
    worstLeftOut: Math.max(0, sorted.length - MAX_TOLD),
  };
}

function tell(group: readonly BadLink[], seesWell: (from: string, to: string) => boolean): Worst[] {
  const names = group.map(({ from }) => from).sort(byName);
  const [first] = group;
  const [observer] = names;
  if (first === undefined || observer === undefined) return [];
  const { to, state, shortOnly } = first;
  const losses = group.map(({ lossTo = 0, lossFrom = 0, lossRatio = 0 }) => Math.max(lossTo, lossFrom, lossRatio));
  const since = group.map((link) => link.since).sort()[0] ?? first.since;
  return [
    {
      to,
      ...(state !== undefined && { state }),
      since,
      observers: group.length,
      from: names.slice(0, MAX_OBSERVERS),
      lossRatio: Math.max(...losses),
      ...(state !== 'good' && seesWell(to, observer) && { oneWay: true }),
      ...(shortOnly === true && { shortOnly }),
    },
  ];
}
