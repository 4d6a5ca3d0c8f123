import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['etcd/EtcdNoLeader'];

/** A member that is up tells that its cluster is not. */
export const etcdQuorumLost: Rule = {
  reason: 'EtcdQuorumLost',
  severity: 'critical',
  concludes: 'The etcd cluster has no quorum: nothing can be written to the Kubernetes API.',
  from: 'A member whose serializable read succeeds and whose linearizable read failed in two runs.',
  sound: 'A serializable read is answered by the member alone; a linearizable one needs a round trip to a quorum.',
  silentWhen: 'The member itself is down or hangs: that is EtcdMemberDown and says nothing about the others.',
  claims: CLAIMS,
  find: (evidence) =>
    claimed(evidence, CLAIMS).map((seen) =>
      draftFor(evidence, seen, 'EtcdQuorumLost', 'critical', `etcd has lost its quorum as seen from ${seen.node}`),
    ),
};
