import type { Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

export const nameConflict: Rule = {
  reason: 'NameConflict',
  severity: 'warning',
  concludes: 'Two agents that live claim the name of one node: only one of them is heard.',
  from: 'Two signed claims of the name, both by agents that are connected to this side.',
  sound: 'Each claim is signed with its agent’s own key; a holder that lives defends its name.',
  silentWhen: 'The holder is gone, or its machine got a new key: then the claim is simply accepted.',
  claims: [],
  find: ({ mesh, state: { self } }) =>
    (mesh?.state.conflicts ?? []).flatMap((conflict) => {
      if (conflict.kind !== 'name') return [];
      const { name, claimants, since } = conflict;
      return [
        {
          reason: 'NameConflict',
          severity: 'warning',
          nodeSeverity: 'warning',
          node: name,
          sentence: `Two agents claim to be ${name}: ${formatNames(claimants)}`,
          since,
          observers: [self],
          dissent: [],
          evidence: claimants.map((claimant) => `${claimant} claims the name`),
          alternatives: ['two hosts with one name', 'a data directory that was copied with its identity'],
          next: [
            `Give one of the hosts another node name, or delete the copied identity file there and restart its agent`,
          ],
          intervalMs: 5000,
        },
      ];
    }),
};
