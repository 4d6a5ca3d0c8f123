import type { Rule } from '../rule.ts';
import { formatNames, plural } from '../words.ts';

export const noControlPlaneFromHere: Rule = {
  reason: 'NoControlPlaneFromHere',
  severity: 'critical',
  concludes: 'No control-plane node is left on this side: what runs goes on, nothing is scheduled or healed.',
  from: 'Every control-plane node is unreachable. A node is one by configuration, by its label, or because its last report found etcd, an apiserver, a scheduler or a controller manager.',
  sound: 'Each of them is lost by the verdict of several observers; their last reports are kept also over a restart.',
  silentWhen:
    'A control-plane node is connected, only suspect, leaving, or has a living host; none was ever seen; this node is isolated or is one itself.',
  claims: [],
  find({ mesh, state: { self } }) {
    if (mesh === undefined || mesh.controlPlane.length === 0) return [];
    const lost = mesh.controlPlane.flatMap((name) => mesh.lost.get(name) ?? []);
    if (lost.length < mesh.controlPlane.length) return [];
    const observers = [...new Set(lost.flatMap((one) => one.observers))].sort();
    const names = formatNames(mesh.controlPlane);
    return [
      {
        reason: 'NoControlPlaneFromHere',
        severity: 'critical',
        nodeSeverity: 'info',
        node: self,
        nodes: mesh.controlPlane,
        sentence: `No control plane from here: ${names} ${plural(lost.length, 'does', 'do')} not answer ${formatNames(observers)}`,
        since: Math.max(...lost.map(({ since }) => since)),
        observers,
        dissent: [],
        evidence: [`control-plane nodes are ${names}; none of them is connected to ${self}`],
        alternatives: ['powered off', `cut off from ${formatNames(observers)}`],
        next: [`Bring one of ${names} back, or the network to it; pods that run here go on without it`],
        intervalMs: 1000,
      },
    ];
  },
};
