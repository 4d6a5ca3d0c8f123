import type { Rule } from '../rule.ts';

export const checkLeftOut: Rule = {
  reason: 'CheckLeftOut',
  severity: 'warning',
  concludes: 'A check blocked the agent and is left out of this run: nobody looks at its subject.',
  from: 'What the store process recorded when it ended the agent that was blocked.',
  sound: 'The agent gave no sign of life for 10 s, and this check had control.',
  silentWhen: 'The agent was paused as a whole, or was not ended by its store process.',
  claims: [],
  find: ({ state: { leftOut, self } }) =>
    leftOut.map(({ check, why, at }) => ({
      reason: 'CheckLeftOut',
      severity: 'warning',
      nodeSeverity: 'warning',
      node: self,
      check,
      subject: check,
      sentence: `${check} is left out on ${self}: ${why}`,
      since: at,
      observers: [self],
      dissent: [],
      evidence: [why],
      alternatives: [],
      next: ['Please report it with the agent’s log; the check is tried again at the first start a day later'],
      intervalMs: 10_000,
    })),
};
