import type { Rule } from '../rule.ts';

export const addressConflict: Rule = {
  reason: 'AddressConflict',
  severity: 'warning',
  concludes: 'At the address of a node another agent answers than the node’s.',
  from: 'The key that the agent at the address proved to hold in the handshake.',
  sound: 'A key cannot be feigned. An address that answers so counts neither as reachable nor as refused.',
  silentWhen: 'The node has another address at which it answers, or a newer claim of its name was accepted.',
  claims: [],
  find: ({ mesh, state: { self } }) =>
    (mesh?.state.conflicts ?? []).flatMap((conflict) => {
      if (conflict.kind !== 'address') return [];
      const { node, address, found, since } = conflict;
      if (mesh?.members.get(node)?.inComponent === true) return [];
      return [
        {
          reason: 'AddressConflict',
          severity: 'warning',
          nodeSeverity: 'warning',
          node,
          subject: address,
          sentence: `At ${address}, the address of ${node}, answers ${found}`,
          since,
          observers: [self],
          dissent: [],
          evidence: [`${self} expected ${node} at ${address} and found ${found}`],
          alternatives: ['two hosts with one address', 'an address that was given to another host'],
          next: [`See who has the address: ip neigh show ${address.replace(/:\d+$/, '')}; kubectl get nodes -o wide`],
          intervalMs: 10_000,
        },
      ];
    }),
};
