import { draftForLost, lossGroups } from '../losses.ts';
import type { Rule } from '../rule.ts';

export const nodeUnreachable: Rule = {
  reason: 'NodeUnreachable',
  severity: 'warning',
  concludes:
    'The host of one node does not answer: it is off, or the network to it is. Critical when more than max(3, 20 %) of the nodes are lost.',
  from: 'More than half of its observers lost it, at least two where there are so many: neither probes nor TCP get through.',
  sound:
    'A dead agent on a living host is told apart by the refusal of its port; one observer alone is never believed.',
  silentWhen:
    'This node is isolated itself, or has just started. Only an info for 15 minutes while the node is being removed from the cluster, and while it is in maintenance.',
  claims: [],
  find(evidence) {
    const { mesh } = evidence;
    if (mesh === undefined) return [];
    const excused = [...mesh.lost.values()].filter(({ excuse }) => excuse !== undefined).map((one) => [one]);
    return [...lossGroups(mesh).filter(({ length }) => length === 1), ...excused].map((group) =>
      draftForLost(evidence, mesh, group),
    );
  },
};
