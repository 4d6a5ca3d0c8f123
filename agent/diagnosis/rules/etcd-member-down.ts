import { quorumHolders } from '../etcd-quorum.ts';
import { living } from '../instances.ts';
import { type Draft, type Evidence, type Rule, claimed, draftFor } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdDown', 'etcd/EtcdHung'];
/** Claimed by EtcdQuorumLost, which it is where nobody has the majority. */
const ALONE = ['etcd/EtcdNoLeader'];

export const etcdMemberDown: Rule = {
  reason: 'EtcdMemberDown',
  severity: 'warning',
  concludes: 'The etcd member of a node does not serve. Whether the cluster still does is another question.',
  from: 'Nobody listens on the client port of a member that belongs there, or it accepts and does not answer; or it misses the majority while other members have it.',
  sound: 'The port is looked at on the node itself, twice, and configuration, a manifest or memory names the member.',
  silentWhen: 'No trace of etcd was ever seen on the node, or the agent may not ask it.',
  claims: CLAIMS,
  find: (evidence) => [
    ...claimed(evidence, CLAIMS).map((seen) => {
      const state = seen.problem.reason === 'EtcdHung' ? 'does not answer' : 'is down';
      return draftFor(evidence, seen, 'EtcdMemberDown', 'warning', `The etcd member on ${seen.node} ${state}`);
    }),
    ...cutOff(evidence),
  ],
};

function cutOff(evidence: Evidence): readonly Draft[] {
  const missing = living(claimed(evidence, ALONE));
  const holders = missing.length === 0 ? [] : quorumHolders(evidence);
  if (holders.length === 0) return [];
  const names = formatNames(holders);
  return missing.map((seen) => {
    const what = `The etcd member on ${seen.node} misses the majority, which ${names} ${holders.length === 1 ? 'has' : 'have'}`;
    const draft = draftFor(evidence, seen, 'EtcdMemberDown', 'warning', what);
    const next = [
      `On ${seen.node}: look at its disk (iostat -x 5), and at the way to port 2380 of ${names} and back`,
      ...draft.next,
    ];
    return { ...draft, dissent: holders, next };
  });
}
