/** Broken links that have the same two zones at their ends: what is broken lies between the zones, not between nodes. */
import { type DownLink, heldPairs } from './links.ts';
import type { MeshEvidence } from './mesh-evidence.ts';

/** Between two zones nearly nothing gets through. `one` sorts before `other`. */
export interface BrokenZonePath {
  readonly one: string;
  readonly other: string;
  readonly links: readonly DownLink[];
  /** Pairs of nodes, one of each zone, of which one at least probes the other. */
  readonly probed: number;
  /** Since when so many links are down, Unix ms. */
  readonly since: number;
}

/** Two broken links are two broken links. */
const FEWEST_LINKS = 3;
const BROKEN_SHARE = 0.8;

/**
 * Must not fire where one node explains it, so the same must hold without any one of them; nor where a zone is not well
 * within itself, or has lost a node whose zone nobody knows: then the fault does not run along the zones.
 */
export function brokenZonePaths(mesh: MeshEvidence, links: readonly DownLink[]): readonly BrokenZonePath[] {
  if (links.length < FEWEST_LINKS) return [];
  /** Empty: nobody knows. */
  const zoneOf = (name: string): string => mesh.reports.get(name)?.report.place?.zone ?? '';
  const zonesOf = (pair: Ends): readonly [string, string] => [zoneOf(pair.one), zoneOf(pair.other)];
  const keyOf = (pair: Ends): string => JSON.stringify(zonesOf(pair).toSorted());
  const isAcross = ([one, other]: readonly [string, string]): boolean => one !== '' && other !== '' && one !== other;
  const torn = new Set(
    links
      .map(zonesOf)
      .filter((ends) => !isAcross(ends))
      .flat(),
  );
  const isCandidate = (group: readonly DownLink[]): boolean =>
    group.length >= FEWEST_LINKS && !group.flatMap(zonesOf).some((zone) => torn.has(zone));
  const candidates = [...Map.groupBy(links, keyOf)].filter(([, group]) => isCandidate(group));
  if (candidates.length === 0) return [];
  const zones = new Set(candidates.flatMap(([, group]) => group.flatMap(zonesOf)));
  const pairs = Map.groupBy(
    heldPairs(mesh, (name) => zones.has(zoneOf(name))),
    keyOf,
  );
  return candidates.flatMap(([key, group]) => {
    const probed = pairs.get(key) ?? [];
    const [one = '', other = ''] = JSON.parse(key) as readonly string[];
    if (!isBroken(group.length, probed.length) || isOfOneNode(group, probed)) return [];
    const since = group.map((link) => link.since).sort((a, b) => a - b);
    const turning = Math.max(FEWEST_LINKS, Math.ceil(BROKEN_SHARE * probed.length)) - 1;
    return [{ one, other, links: group, probed: probed.length, since: since[turning] ?? 0 }];
  });
}

type Ends = Pick<DownLink, 'one' | 'other'>;

/** Each link is probed: what nobody probes is not known to be down. */
const isBroken = (links: number, probed: number): boolean => probed > 0 && links >= BROKEN_SHARE * probed;

function isOfOneNode(links: readonly Ends[], probed: readonly Ends[]): boolean {
  const [down, all] = [countByNode(links), countByNode(probed)];
  return [...down].some(([node, count]) => !isBroken(links.length - count, probed.length - (all.get(node) ?? 0)));
}

function countByNode(pairs: readonly Ends[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of pairs.flatMap(({ one, other }) => [one, other])) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}
