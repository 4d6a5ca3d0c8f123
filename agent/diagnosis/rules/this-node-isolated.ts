import type { Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

export const thisNodeIsolated: Rule = {
  reason: 'ThisNodeIsolated',
  severity: 'warning',
  concludes: 'This node reaches nobody: the fault is here, and nothing can be said of the others.',
  from: 'All edges went silent at once, and none of the witnesses (gateway, apiservers, other ports of peers) answered either; or there is no carrier.',
  sound: 'A refusal counts as an answer, so that only a cut of this node’s own network leaves every witness silent.',
  silentWhen: 'A witness answers: then it is the peers. No independent witness could be asked: then nobody is blamed.',
  claims: [],
  find({ mesh, state: { self } }) {
    const isolated = mesh?.state.isolated;
    if (mesh === undefined || isolated === undefined) return [];
    const peers = mesh.expected.filter((name) => name !== self).length;
    const { witnesses } = isolated;
    const reached =
      witnesses.length === 0
        ? 'it has no network carrier'
        : `neither its ${peers} peers nor ${formatNames(witnesses)} answer`;
    return [
      {
        reason: 'ThisNodeIsolated',
        severity: 'warning',
        nodeSeverity: 'critical',
        node: self,
        sentence: `${self} is isolated: ${reached}`,
        since: mesh.instant(isolated.sinceMs),
        observers: [self],
        dissent: [],
        evidence: witnesses.length === 0 ? ['no interface has a carrier'] : witnesses.map((one) => `${one} is silent`),
        alternatives: [],
        next: [`On ${self}: ip -br link; ip route; then its cable, switch port or virtual network`],
        intervalMs: 1000,
      },
    ];
  },
};
