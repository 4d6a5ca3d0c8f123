import type { Rule } from '../rule.ts';
import { addressOf } from '../whereabouts.ts';

/** Observers come to a verdict long before. */
const UNDECIDED_MS = 20_000;

export const nodeUnknown: Rule = {
  reason: 'NodeUnknown',
  severity: 'warning',
  concludes: 'Nobody on this side can tell whether a node lives: it is not connected, and there is no verdict.',
  from: 'A member outside this component for 20 s of which the observers say different things, or nothing.',
  sound: 'It claims only that nothing is known; unknown is never green.',
  silentWhen:
    'There is a verdict, the member is leaving, being removed or in maintenance, this node is isolated or has just started.',
  claims: [],
  find({ mesh, state: { self } }) {
    if (mesh === undefined || mesh.state.isolated !== undefined || !mesh.state.settled) return [];
    const isOpen = (state: string, judged: boolean): boolean => state === 'suspect' || (!judged && state !== 'leaving');
    return mesh.state.members
      .filter(
        (member) =>
          member.state !== 'left' &&
          isOpen(member.state, member.judged) &&
          !member.inComponent &&
          mesh.nowMs - member.sinceMs > UNDECIDED_MS &&
          mesh.excuse(member) === undefined,
      )
      .map(({ name, sinceMs, testimony }) => ({
        reason: 'NodeUnknown',
        severity: 'warning',
        nodeSeverity: 'warning',
        node: name,
        sentence: `Whether ${name} lives cannot be told from ${self}`,
        since: mesh.instant(sinceMs),
        observers: [self],
        dissent: [],
        evidence:
          testimony.length === 0
            ? [`nobody connected to ${self} states anything of ${name}`]
            : testimony.map(({ observer, state }) => `${observer} says: ${state}`),
        alternatives: [],
        next: [
          `From ${self}: \`ping ${addressOf(mesh, name)}\`. If the node is gone for good: \`kubectl delete node ${name}\`, else \`meerkat forget ${name}\` (“A node that was removed” in docs/operations.md)`,
        ],
        intervalMs: 1000,
      }));
  },
};
