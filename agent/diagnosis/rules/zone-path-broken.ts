import { byCentre } from '../by-centre.ts';
import { compare } from '../in-order.ts';
import type { DownLink } from '../links.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { addressOf } from '../whereabouts.ts';
import { firstLines, formatNames, plural } from '../words.ts';
import { type BrokenZonePath, brokenZonePaths } from '../zone-paths.ts';

export const zonePathBroken: Rule = {
  reason: 'ZonePathBroken',
  severity: 'warning',
  concludes: 'The nodes of two zones do not reach each other: what connects the zones is broken, and no node or link.',
  from: 'Three links or more, and 80 % of the pairs that are probed between the two zones, are down as LinkDown or OneWayLink; zones are those of the Nodes.',
  sound:
    'Both zones are connected to this side by way of others, all that is probed within either of them works, and the same holds without any one node.',
  silentWhen:
    'The zone of an end is not known; one node has all the broken links; a link within either zone is down, or one to a node whose zone is not known; whatever keeps a link from being called down keeps this, too.',
  claims: [],
  // A zone that is cut off from several others is one finding.
  find({ mesh, links }) {
    if (mesh === undefined) return [];
    return [...byCentre(brokenZonePaths(mesh, links), ({ one, other }) => [one, other])].map((found) =>
      toDraft(mesh, found),
    );
  },
};

function toDraft(mesh: MeshEvidence, [centre, paths]: readonly [string, readonly BrokenZonePath[]]): Draft {
  const zones = paths.map(({ one, other }) => (one === centre ? other : one)).sort();
  const links = paths.flatMap((path) => path.links).sort((a, b) => compare(a.one, b.one) || compare(a.other, b.other));
  const probed = paths.reduce((sum, path) => sum + path.probed, 0);
  const nodes = [...new Set(links.flatMap(({ one, other }) => [one, other]))].sort();
  const [first] = links;
  const isOneWay = links.some(({ deafTo }) => deafTo !== undefined);
  return {
    reason: 'ZonePathBroken',
    severity: 'warning',
    nodeSeverity: 'warning',
    node: nodes[0] ?? '',
    nodes,
    isOfAll: true,
    subject: formatNames([centre, ...zones]),
    sentence: `Between zone ${centre} and ${plural(zones.length, 'zone', 'zones')} ${formatNames(zones)} ${links.length} of ${probed} pairs of nodes do not reach each other${isOneWay ? ' both ways' : ''}, within the zones all do`,
    since: Math.min(...paths.map(({ since }) => since)),
    observers: [...new Set(links.flatMap(({ observers }) => observers))].sort(),
    dissent: [],
    evidence: firstLines(
      links.flatMap((link) =>
        link.observers.map((observer) => `${observer} lost ${observer === link.one ? link.other : link.one}`),
      ),
    ),
    alternatives: [],
    next: [
      'Look at what connects the zones: routers, network ACLs and firewall rules between their subnets, the status page of the provider',
      ...(first === undefined ? [] : [pathStep(mesh, first)]),
    ],
    intervalMs: 1000,
  };
}

function pathStep(mesh: MeshEvidence, { one, other }: DownLink): string {
  const address = addressOf(mesh, other);
  return `On ${one}: \`ip route get ${address}\` and \`traceroute -n ${address}\`, which is ${other}`;
}
