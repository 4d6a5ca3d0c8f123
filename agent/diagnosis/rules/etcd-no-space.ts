import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdNoSpace'];

export const etcdNoSpace: Rule = {
  reason: 'EtcdNoSpace',
  severity: 'warning',
  concludes: 'The database of a member of etcd has reached its quota: etcd takes no writes until somebody makes room.',
  from: 'The alarm NOSPACE, which each member keeps and tells.',
  sound: 'It is etcd’s own word, and stays until somebody takes it back.',
  silentWhen: 'The alarm was taken back. Near the quota it is EtcdNearQuota.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    const now = living(seen);
    return now.length > 0 ? [ofAll(evidence, now)] : seen.map((one) => ofAll(evidence, [one]));
  },
};

/** The alarm is one for all members. It is told of the member that raised it, where that one says so. */
function ofAll(evidence: Evidence, seen: readonly SeenProblem[]): Draft {
  const draft = mergedDraft(
    evidence,
    seen,
    'EtcdNoSpace',
    (observers) => `etcd has no room and takes no writes, as seen from ${formatNames(observers)}`,
  );
  const author = seen.find(({ problem }) => problem.message.includes('raised by this member'));
  return { ...draft, node: author?.node ?? draft.observers[0] ?? draft.node, isOfAll: true };
}
