import { byCentre } from '../by-centre.ts';
import type { DownLink } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { addressOf } from '../whereabouts.ts';
import { firstLines, formatNames } from '../words.ts';

export const linkDown: Rule = {
  reason: 'LinkDown',
  severity: 'warning',
  concludes: 'Two nodes do not reach each other, or one does not reach some others, while the rest reaches them all.',
  from: 'One end states the loss for 5 s and the other end does not deny it; both ends are connected to this side by way of others.',
  sound: 'Both nodes answer somebody, so that neither is down: what is broken lies between them.',
  silentWhen:
    'An end is lost, going, or comes and goes, or was connected within the last minute and had lost it before; the other end still reaches it; three nodes or more were lost within the last minute, or three pairs of nodes lost each other; only one direction is broken: that is OneWayLink.',
  claims: [],
  // A node with several broken links is one finding.
  find({ links, mesh }) {
    const bothWays = links.filter(({ deafTo }) => deafTo === undefined);
    return [...byCentre(bothWays, ({ one, other }) => [one, other])].map((found) => toDraft(mesh, found));
  },
};

function toDraft(mesh: MeshEvidence | undefined, [centre, links]: readonly [string, readonly DownLink[]]): Draft {
  const peers = links.map(({ one, other }) => (one === centre ? other : one)).sort();
  const [peer = '', ...more] = peers;
  const isPair = more.length === 0;
  const address = addressOf(mesh, peer);
  return {
    reason: 'LinkDown',
    severity: 'warning',
    nodeSeverity: 'warning',
    node: centre,
    nodes: [centre, ...peers],
    ...(isPair && { subject: peer }),
    sentence: isPair
      ? `${centre} and ${peer} do not reach each other, others reach both`
      : `${centre} does not reach ${formatNames(peers)}, others do`,
    since: Math.min(...links.map(({ since }) => since)),
    observers: [...new Set(links.flatMap(({ observers }) => observers))].sort(),
    dissent: [],
    evidence: firstLines(
      links.flatMap(({ one, other, observers }) =>
        observers.map((observer) => `${observer} lost ${observer === one ? other : one}`),
      ),
    ),
    alternatives: [],
    next: [
      `On ${centre}: \`ip route get ${address}\` and \`traceroute -n ${address}\`; then firewall rules and switches between it and ${peer}`,
    ],
    intervalMs: 1000,
  };
}
