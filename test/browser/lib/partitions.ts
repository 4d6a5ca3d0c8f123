/** Clusters in which nodes do not see each other: two sides, and single sights that are bad. */
import type { ApiLink } from '../../../agent/http/contract/links.ts';
import { ago, finding, goodChecks, node, status } from './parts.ts';
import type { Scenario } from './scenarios.ts';

const HOUR = 3600;
/** When it began. */
const FOR = 95;

const named = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`);

type See = (from: string, to: string) => Partial<ApiLink>;

/** Everybody looks at everybody; what differs from a good link is told by `see`. */
function linksOf(names: readonly string[], see: See): ApiLink[] {
  return names.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .map((to) => {
        const seen = see(from, to);
        const isBad = seen.state !== undefined && seen.state !== 'good';
        const figures = isBad ? { lossTo: 1, lossFrom: 1 } : { rttSeconds: 0.0006, lossTo: 0, lossFrom: 0 };
        return { from, to, state: 'good', since: ago(isBad ? FOR : 51 * HOUR), ...figures, ...seen };
      }),
  );
}

function scenario(names: readonly string[], gone: ReadonlySet<string>, sentence: string, see: See): Scenario {
  const [self = '', ...others] = names;
  const alive = { member: 'alive', memberSince: ago(51 * HOUR), role: 'worker' } as const;
  const peers = others.map((name) =>
    gone.has(name)
      ? node(name, [], {
          status: 'unknown',
          freshness: 'stale',
          member: 'unreachable',
          memberSince: ago(FOR),
          role: 'worker',
        })
      : node(name, goodChecks(), { ...alive, freshness: 'current', ageSeconds: 2 }),
  );
  const connected = names.length - gone.size;
  return {
    status: status('critical', sentence, {
      view: { node: self, members: names.length, current: connected, component: connected, settled: true },
      findings: [finding('NodesLost', sentence, { node: self, since: ago(FOR) })],
    }),
    node: node(self, goodChecks(), alive),
    peers,
    matrix: { node: self, nodes: [...names], links: linksOf(names, see) },
    events: [],
  };
}

/** Eight on the side of the agent that answers, six on the other; their names alternate. */
export function partition(): Scenario {
  const [here, there] = [named('a', 8), named('b', 6)];
  const names = [...here, ...there].toSorted((a, b) => a.slice(1).localeCompare(b.slice(1)));
  const gone = new Set(there);
  return scenario(names, gone, '6 of 14 nodes are lost to the 8 others.', (from, to) => {
    if (gone.has(from)) return { stale: true, since: ago(51 * HOUR) };
    return gone.has(to) ? { state: 'lost' } : {};
  });
}

/** a07 is seen by nobody, a03 sees nobody, a01 does not see a02, and a05 is far away. */
export const badSights = (): Scenario =>
  scenario(named('a', 8), new Set(['a07']), 'a07 cannot be reached.', (from, to) => {
    if (from === 'a07') return { stale: true };
    if (to === 'a07' || from === 'a03' || (from === 'a01' && to === 'a02')) return { state: 'lost' };
    return from === 'a05' || to === 'a05' ? { rttSeconds: 0.31 } : {};
  });
