import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { type Rule, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

type Words = Pick<Rule, 'concludes' | 'silentWhen'> & { readonly sentence: string };

/** Every agent has the same one. */
function aboutAuthority(reason: string, { sentence, ...words }: Words): Rule {
  const claims = [`certificates/${reason}`];
  return {
    reason,
    severity: 'warning',
    ...words,
    from: 'The authority that each agent was given with its service account, as every pod is.',
    sound:
      'Of a bundle the authority that is good for longest counts: old ones are left in while one replaces another.',
    claims,
    find(evidence) {
      const seen = living(claimed(evidence, claims));
      if (seen.length === 0) return [];
      const draft = mergedDraft(
        evidence,
        seen,
        reason,
        (observers) => `${sentence}, as seen from ${formatNames(observers)}`,
      );
      return [{ ...draft, node: draft.observers[0] ?? draft.node, isOfAll: true }];
    },
  };
}

export const clusterAuthorityExpired = aboutAuthority('ClusterAuthorityExpired', {
  concludes: 'The cluster’s certificate authority is not good any more: nobody who verifies it believes an API server.',
  silentWhen: 'The agents have no service account, or were given no authority with it.',
  sentence: 'The certificate authority of the cluster has expired',
});

export const clusterAuthorityExpiresSoon = aboutAuthority('ClusterAuthorityExpiresSoon', {
  concludes: 'The cluster’s certificate authority is good for a few days only, and nothing renews it by itself.',
  silentWhen:
    'More than `warningDays` or more than `warningRatio` of its life are left. The agents have no service account.',
  sentence: 'The certificate authority of the cluster expires soon',
});
