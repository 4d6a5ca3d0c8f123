import { maintenanceWords } from '../../model/maintenance.ts';
import type { Rule } from '../rule.ts';

export const nodeMaintenance: Rule = {
  reason: 'NodeMaintenance',
  severity: 'info',
  concludes:
    'Somebody works on a node: until then that it is lost, what its own checks raise and paths that end there are told as info.',
  from: 'The signed word of the agent that a person asked with `meerkat maintenance`.',
  sound:
    'Who may order it holds the token of an agent. It ends by itself, and excuses nothing that is critical, no other node and nothing of the cluster as a whole.',
  silentWhen: 'It was ended, its time is over, or the node was removed from the cluster.',
  claims: [],
  find({ mesh, now }) {
    if (mesh === undefined) return [];
    return (mesh.state.maintenance ?? []).map((maintenance) => ({
      reason: 'NodeMaintenance',
      severity: 'info',
      nodeSeverity: 'info',
      node: maintenance.node,
      sentence: `${maintenance.node} is ${maintenanceWords(maintenance, mesh.state.originMs, now)}`,
      since: mesh.instant(maintenance.sinceMs),
      observers: [maintenance.by],
      dissent: [],
      evidence: [`a person said so to the agent on ${maintenance.by}`],
      alternatives: [],
      next: [`When the work is done: meerkat maintenance ${maintenance.node} --end`],
      intervalMs: 1000,
    }));
  },
};
