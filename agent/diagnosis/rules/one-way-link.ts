import type { DownLink } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { addressOf, probePortOf } from '../whereabouts.ts';

export const oneWayLink: Rule = {
  reason: 'OneWayLink',
  severity: 'warning',
  concludes: 'What one node sends to another gets lost, and the other direction works.',
  from: 'The link is down, and the far end says over the direction that works that it hears none of the probes.',
  sound:
    'The near end could not know this if nothing reached it: the far end’s word itself proves the other direction.',
  silentWhen: 'Both ends say so, or neither: that is LinkDown. An end is lost, going, or comes and goes.',
  claims: [],
  find: ({ links, mesh }) => links.flatMap((link) => toDraft(mesh, link)),
};

function toDraft(mesh: MeshEvidence | undefined, { one, other, deafTo, since, observers }: DownLink): Draft[] {
  if (deafTo === undefined) return [];
  const [from, to] = deafTo === one ? [one, other] : [other, one];
  return [
    {
      reason: 'OneWayLink',
      severity: 'warning',
      nodeSeverity: 'warning',
      node: from,
      nodes: [from, to],
      subject: to,
      sentence: `What ${from} sends to ${to} gets lost, the other direction works`,
      since,
      observers,
      dissent: [],
      evidence: [`${to} tells ${from} that it hears none of its probes`],
      alternatives: [],
      next: [
        `On ${to}: \`tcpdump -ni any udp port ${probePortOf(mesh, to)} and host ${addressOf(mesh, from)}\`; then firewall rules, reverse-path filters and routes`,
      ],
      intervalMs: 1000,
    },
  ];
}
