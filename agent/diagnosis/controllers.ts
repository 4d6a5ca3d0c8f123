/** Controllers of which only one works at a time: whoever holds the Lease. Where nobody renews it none works. */
import type { ControllerLease } from '../model/roster.ts';
import { formatDuration } from '../model/text.ts';
import type { Draft, Evidence, Rule } from './rule.ts';

export interface ControllerRule {
  readonly reason: string;
  /** Of the Lease. */
  readonly lease: ControllerLease['name'];
  /** `scheduler`. */
  readonly title: string;
  /** What does not happen any more. */
  readonly consequence: string;
}

export const silentControllerRule = ({ reason, lease: name, title, consequence }: ControllerRule): Rule => ({
  reason,
  severity: 'warning',
  concludes: `No ${title} works: ${consequence}.`,
  from: `The Lease \`kube-system/${name}\`, read by a roster reader every 5 s: unchanged for twice its duration on the reader’s clock, while the Kubernetes API answered.`,
  sound:
    'Whichever instance works has to renew the Lease, every 2 s by default; no time that a holder wrote is compared.',
  silentWhen:
    'The API does not answer, or nobody reads it: then nothing can be renewed and nothing is known. There is no such Lease, as in some managed clusters. One that was left behind by a controller that runs without leader election now has to be deleted.',
  claims: [],
  find: (evidence) =>
    findSilent(evidence, name, (lease, reader) => ({
      reason,
      severity: 'warning',
      nodeSeverity: 'info',
      node: holderNode(evidence, lease) ?? evidence.mesh?.controlPlane[0] ?? reader,
      sentence: `No ${title} works: nobody renews its Lease, while the Kubernetes API answers; ${consequence}`,
      since: evidence.now - lease.unchangedForMs,
      observers: [reader],
      dissent: [],
      evidence: [
        `the Lease kube-system/${name} has not changed for ${formatDuration(lease.unchangedForMs)}${lease.holder === undefined ? '' : `; ${lease.holder} holds it`}`,
      ],
      alternatives: [],
      next: [
        `On the control-plane nodes: crictl ps -a --name ${name}, then its log; kubectl -n kube-system get lease ${name} -o yaml`,
      ],
      intervalMs: 5000,
    })),
});

function findSilent(
  { mesh, state: { kube } }: Evidence,
  name: string,
  toDraft: (lease: ControllerLease, reader: string) => Draft,
): readonly Draft[] {
  if (mesh === undefined || kube?.roster?.isCurrent !== true) return [];
  const { reader } = kube.roster;
  return kube.controllers.filter((one) => one.name === name && one.kind === 'stale').map((one) => toDraft(one, reader));
}

/** `m1_5d9c…`: the host's name comes first. */
function holderNode({ mesh }: Evidence, { holder }: ControllerLease): string | undefined {
  const host = holder?.replace(/_[^_]*$/, '');
  return host !== undefined && mesh?.members.has(host) === true ? host : undefined;
}
