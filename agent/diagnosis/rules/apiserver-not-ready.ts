import { instancesOf, noneWorks } from '../instances.ts';
import { type Rule, claimed, draftFor } from '../rule.ts';

const CLAIMS = ['apiserver/ApiserverNotReady'];

export const apiserverNotReady: Rule = {
  reason: 'ApiserverNotReady',
  severity: 'critical',
  concludes: 'An API server runs and cannot serve: a warning while another one does, critical when none is left.',
  from: 'Its /readyz names sub-checks that fail, or is silent while /version answers.',
  sound: 'It is its own word, given twice to the agent on its node.',
  silentWhen: 'It may not be asked: that it refuses an answer shows that it lives.',
  claims: CLAIMS,
  find(evidence) {
    const all = claimed(evidence, CLAIMS);
    if (all.length === 0) return [];
    const severity = noneWorks(instancesOf(evidence, 'apiserver')) ? 'critical' : 'warning';
    return all.map((seen) =>
      draftFor(evidence, seen, 'ApiserverNotReady', severity, `The API server on ${seen.node} is not ready`),
    );
  },
};
