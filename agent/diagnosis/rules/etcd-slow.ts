import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['etcd/EtcdSlow'];

export const etcdSlow: Rule = {
  reason: 'EtcdSlow',
  severity: 'warning',
  concludes: 'The etcd member of a node waits for its disk: whatever writes to the cluster waits with it.',
  from: 'The 99th percentile of its syncs of the log, or of its commits, over 30 s, as its own metrics tell.',
  sound: 'A member acknowledges nothing before its log is on the disk; at least three writes took that long.',
  silentWhen:
    'Its metrics may not be read; fewer than three writes were slow; none came to an end: it does not answer then.',
  claims: CLAIMS,
  find: (evidence) =>
    claimed(evidence, CLAIMS).map((seen) =>
      draftFor(evidence, seen, 'EtcdSlow', 'warning', `The etcd member on ${seen.node} cannot write fast enough`),
    ),
};
