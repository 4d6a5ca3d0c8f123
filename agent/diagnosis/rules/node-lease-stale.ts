import { asCheckSays } from './unclaimed.ts';
import { type Draft, type Evidence, type Rule, claimed } from '../rule.ts';
import { formatDuration } from '../../model/text.ts';

const CLAIMS = ['node-object/NodeLeaseStale'];

export const nodeLeaseStale: Rule = {
  reason: 'NodeLeaseStale',
  severity: 'warning',
  concludes: 'The kubelet of a node does not renew its Lease: to the control plane the node is as good as gone.',
  from: 'What the node’s own agent finds in the Kubernetes API; where that agent hangs, what a roster reader finds there.',
  sound: 'The Lease was the same for 40 s on the clock of whoever reads it, while the API answered.',
  silentWhen:
    'Nobody reads the Leases, or the API does not answer. The node is lost: that is told as such. Its agent does not run at all: then the host may just be starting, and its kubelet after it.',
  claims: CLAIMS,
  find: (evidence) => [
    ...claimed(evidence, CLAIMS).map((seen) => asCheckSays(evidence, seen)),
    ...fromElsewhere(evidence),
  ],
};

/** Of nodes whose agent hangs; of itself it says nothing. */
function fromElsewhere({ mesh, now, catalogue, state: { kube } }: Evidence): readonly Draft[] {
  const { roster } = kube ?? {};
  if (mesh === undefined || kube === undefined || roster?.isCurrent !== true) return [];
  return kube.leases.flatMap(({ node, kind, unchangedForMs }): Draft[] => {
    const member = mesh.members.get(node);
    if (kind !== 'stale' || member?.state !== 'agent-unresponsive' || !member.judged) return [];
    const remedy = catalogue.reason('node-object', 'NodeLeaseStale')?.remedy;
    return [
      {
        reason: 'NodeLeaseStale',
        severity: mesh.excuse(member) === undefined ? 'warning' : 'info',
        nodeSeverity: 'warning',
        node,
        check: 'node-object',
        sentence: `The kubelet of ${node} does not renew its Lease, while the Kubernetes API answers`,
        since: now - unchangedForMs,
        observers: [roster.reader],
        dissent: [],
        evidence: [
          `the Lease of ${node} has not changed for ${formatDuration(unchangedForMs)}, as ${roster.reader} reads it`,
        ],
        alternatives: [],
        next: remedy === undefined ? [] : [remedy],
        intervalMs: LOOK_MS,
      },
    ];
  });
}

/** How often a reader looks at such a Lease. */
const LOOK_MS = 5000;
