import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['etcd/EtcdDown', 'etcd/EtcdHung'];

export const etcdMemberDown: Rule = {
  reason: 'EtcdMemberDown',
  severity: 'warning',
  concludes: 'The etcd member of a node does not serve. Whether the cluster still does is another question.',
  from: 'Nobody listens on the client port of a member that belongs there, or it accepts and does not answer.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the member.',
  silentWhen: 'No trace of etcd was ever seen on the node, or the agent may not ask it.',
  claims: CLAIMS,
  find: (evidence) =>
    claimed(evidence, CLAIMS).map((seen) => {
      const state = seen.problem.reason === 'EtcdHung' ? 'does not answer' : 'is down';
      return draftFor(evidence, seen, 'EtcdMemberDown', 'warning', `The etcd member on ${seen.node} ${state}`);
    }),
};
