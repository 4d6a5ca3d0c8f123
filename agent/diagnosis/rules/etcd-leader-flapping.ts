import { living } from '../instances.ts';
import { type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdLeaderFlapping'];

export const etcdLeaderFlapping: Rule = {
  reason: 'EtcdLeaderFlapping',
  severity: 'warning',
  concludes: 'The members of etcd elect a leader again and again; during each election nothing can be written.',
  from: 'More than five changes of the leader in five minutes, as any member counts them.',
  sound:
    'Each member counts the leaders that it follows. Members that are restarted one after the other change it no more often than that.',
  silentWhen: 'The metrics of no member may be read.',
  claims: CLAIMS,
  find(evidence) {
    const seen = living(claimed(evidence, CLAIMS)).toSorted((a, b) => a.problem.since - b.problem.since);
    const [first] = seen;
    if (first === undefined) return [];
    const nodes = seen.map(({ node }: SeenProblem) => node).sort();
    const what = `The members of etcd elect a leader again and again, as ${formatNames(nodes)} ${nodes.length === 1 ? 'sees' : 'see'} it`;
    return [
      {
        ...draftFor(evidence, first, 'EtcdLeaderFlapping', 'warning', what),
        node: nodes[0] ?? first.node,
        nodes,
        observers: nodes,
        evidence: firstLines(seen.map(({ check, node, problem }) => `${check} on ${node}: ${problem.message}`)),
      },
    ];
  },
};
