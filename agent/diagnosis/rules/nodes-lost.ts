import { draftForLost, lossGroups } from '../losses.ts';
import type { Rule } from '../rule.ts';

export const nodesLost: Rule = {
  reason: 'NodesLost',
  severity: 'warning',
  concludes:
    'Several nodes stopped answering together: they failed, or the network between them and this side is cut. Critical when more than max(3, 20 %) of the nodes are lost.',
  from: 'The same as NodeUnreachable, for members that were lost within 15 s of each other, or within a minute where more than max(3, 20 %) of the nodes are lost.',
  sound:
    'What happens together has one cause more often than several. Which of the two it is cannot be told from here, and is not guessed.',
  silentWhen:
    'This node is isolated itself, or has just started; the nodes are being removed from the cluster, or in maintenance.',
  claims: [],
  find(evidence) {
    const { mesh } = evidence;
    if (mesh === undefined) return [];
    return lossGroups(mesh)
      .filter(({ length }) => length > 1)
      .map((group) => draftForLost(evidence, mesh, group));
  },
};
