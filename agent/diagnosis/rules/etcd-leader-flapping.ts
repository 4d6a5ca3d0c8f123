import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Rule, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

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
    const seen = living(claimed(evidence, CLAIMS));
    if (seen.length === 0) return [];
    const draft = mergedDraft(evidence, seen, 'EtcdLeaderFlapping', whatIsSeenBy);
    return [{ ...draft, node: draft.observers[0] ?? draft.node, nodes: draft.observers, isOfAll: true }];
  },
};

const whatIsSeenBy = (nodes: readonly string[]): string =>
  `The members of etcd elect a leader again and again, as ${formatNames(nodes)} ${nodes.length === 1 ? 'sees' : 'see'} it`;
