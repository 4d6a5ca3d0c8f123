import { instancesOf, noneWorks, orRestart } from '../instances.ts';
import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['apiserver/ApiserverNotReady'];

export const apiserverNotReady: Rule = {
  reason: 'ApiserverNotReady',
  severity: 'critical',
  concludes:
    'An API server runs and cannot serve: a warning while another one does, once that lasts longer than a restart; critical when none is left.',
  from: 'Its /readyz names sub-checks that fail, or is silent while /version answers.',
  sound: 'It is its own word, given twice to the agent on its node.',
  silentWhen:
    'It may not be asked: that it refuses an answer shows that it lives. Only an info for 30 s while another one may serve.',
  claims: CLAIMS,
  find(evidence) {
    const all = claimed(evidence, CLAIMS);
    if (all.length === 0) return [];
    const isLast = noneWorks(instancesOf(evidence, 'apiserver'));
    return all.map((seen) => {
      const sentence = `The API server on ${seen.node} is not ready`;
      const draft = draftFor(evidence, seen, 'ApiserverNotReady', isLast ? 'critical' : 'warning', sentence);
      return isLast ? draft : orRestart(draft, evidence.now);
    });
  },
};
