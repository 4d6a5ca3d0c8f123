import type { Rule } from '../rule.ts';
import { formatNames, plural } from '../words.ts';

/** A node that has just joined pulls the image and starts the pod by then. */
const STARTING_MS = 5 * 60_000;

export const agentMissing: Rule = {
  reason: 'AgentMissing',
  severity: 'info',
  concludes:
    'Linux nodes of the cluster have no agent: nothing is known of them, and nobody misses them when they fail.',
  from: 'The list of Nodes, by an agent that reads it now, and the members that were ever met.',
  sound: 'It says what is not looked at; it is no fault of the node.',
  silentWhen:
    'For 5 minutes, while the node may be starting one. Nobody reads the Nodes now. The node runs another system than Linux.',
  claims: [],
  find({ mesh, state: { kube, self } }) {
    if (mesh === undefined || kube?.roster?.isCurrent !== true) return [];
    const missing = kube.withoutAgent.filter(({ sinceMs }) => mesh.nowMs - sinceMs >= STARTING_MS);
    const names = missing.map(({ node }) => node).sort();
    const [first, second] = names;
    if (first === undefined) return [];
    return [
      {
        reason: 'AgentMissing',
        severity: 'info',
        nodeSeverity: 'info',
        node: first,
        ...(second !== undefined && { nodes: names }),
        sentence: `${formatNames(names)} ${plural(names.length, 'runs', 'run')} no agent`,
        since: mesh.instant(Math.min(...missing.map(({ sinceMs }) => sinceMs))),
        observers: [kube.roster.reader],
        dissent: [],
        evidence: [`${self} knows ${mesh.members.size} agents, and the cluster has ${kube.roster.nodes} Linux nodes`],
        alternatives: [],
        next: [
          'kubectl -n meerkat get pods -o wide; a node selector or a taint without a toleration keeps the pod away',
        ],
        intervalMs: 10_000,
      },
    ];
  },
};
