import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Rule, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdRevisionWentBack'];

export const etcdRevisionWentBack: Rule = {
  reason: 'EtcdRevisionWentBack',
  severity: 'warning',
  concludes:
    'The data of etcd are older than they were, as after a restore: who remembers newer revisions watches in vain until it is restarted.',
  from: 'The revision that reads through the majority have, against the highest that the same agent saw before.',
  sound: 'Within a cluster of etcd such reads never fall behind each other, whichever member serves them.',
  silentWhen:
    'It went back by less than 1,000, has passed the old one again, or did so more than an hour ago: nobody sees whether everything was restarted. The agents were restarted meanwhile. The snapshot was restored with `--bump-revision`.',
  claims: CLAIMS,
  // Each member sees it.
  find(evidence) {
    const seen = living(claimed(evidence, CLAIMS));
    if (seen.length === 0) return [];
    const draft = mergedDraft(
      evidence,
      seen,
      'EtcdRevisionWentBack',
      (observers) => `The data of etcd went back, as seen from ${formatNames(observers)}`,
    );
    return [{ ...draft, node: draft.observers[0] ?? draft.node, isOfAll: true }];
  },
};
