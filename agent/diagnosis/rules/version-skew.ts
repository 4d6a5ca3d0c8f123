import type { Rule } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

export const versionSkew: Rule = {
  reason: 'VersionSkew',
  severity: 'info',
  concludes: 'Agents of several versions run side by side.',
  from: 'The versions in the reports of connected nodes.',
  sound: 'Each agent states its own.',
  silentWhen: 'All are the same. Reports of nodes that are not connected say nothing about now.',
  claims: [],
  find({ mesh, state: { nodes, self } }) {
    if (mesh === undefined) return [];
    const versions = Map.groupBy(
      nodes.filter(({ freshness }) => freshness !== 'stale'),
      ({ report }) => report.version,
    );
    if (versions.size < 2) return [];
    const groups = [...versions].map(([version, group]) => ({
      version,
      names: group.map(({ report }) => report.node).sort(),
      firstAt: Math.min(...group.map(({ report }) => report.startedAt)),
    }));
    const bySize = groups.sort((a, b) => b.names.length - a.names.length || (a.version < b.version ? -1 : 1));
    return [
      {
        reason: 'VersionSkew',
        severity: 'info',
        nodeSeverity: 'info',
        node: self,
        nodes: bySize.slice(1).flatMap(({ names }) => names),
        sentence: `${bySize.length} versions of the agent run: ${bySize.map(({ version, names }) => `${version} on ${formatNames(names)}`).join('; ')}`,
        since: Math.max(...bySize.map(({ firstAt }) => firstAt)),
        observers: [self],
        dissent: [],
        evidence: firstLines(bySize.map(({ version, names }) => `${version}: ${names.length}`)),
        alternatives: [],
        next: [
          'Two neighbouring versions work together; finish the roll-out: kubectl -n meerkat rollout status ds/meerkat',
        ],
        intervalMs: 10_000,
      },
    ];
  },
};
