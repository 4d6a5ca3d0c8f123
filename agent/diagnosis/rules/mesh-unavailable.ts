import type { Rule } from '../rule.ts';
import { PROGRAM_BY_HAND } from '../words.ts';

export const meshUnavailable: Rule = {
  reason: 'MeshUnavailable',
  severity: 'warning',
  concludes: 'This agent cannot talk to the others: it speaks for its own node only.',
  from: 'There is no cluster key, or the address or port for the other agents cannot be used.',
  sound: 'It is the error of the last try; the agent tries again every 5 s.',
  silentWhen: 'The mesh is turned off by configuration. Others do not answer: that is no fault of this agent.',
  claims: [],
  find({ state: { self, meshFault } }) {
    if (meshFault === undefined) return [];
    return [
      {
        reason: 'MeshUnavailable',
        severity: 'warning',
        nodeSeverity: 'warning',
        node: self,
        sentence: `The agent on ${self} cannot talk to others: ${meshFault.why}`,
        since: meshFault.since,
        observers: [self],
        dissent: [],
        evidence: [meshFault.why],
        alternatives: [],
        next: [
          `Put it right on ${self}; the agent notices by itself. Keys: \`meerkat key --help\` (${PROGRAM_BY_HAND})`,
        ],
        intervalMs: 5000,
      },
    ];
  },
};
