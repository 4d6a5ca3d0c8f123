import type { UnmetSeed } from '../../model/mesh-state.ts';
import { isAlone } from '../mesh-evidence.ts';
import type { Rule } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

export const seedsUnmet: Rule = {
  reason: 'SeedsUnmet',
  severity: 'warning',
  concludes:
    'This agent has met no other one, although it was told where to find some: it speaks for its own node only.',
  from: 'Every dial of every configured seed has failed, and no other member is known from before.',
  sound: 'A seed that refuses the key says so in the handshake; one that answered once is met.',
  silentWhen: 'No seed is configured, a seed is this agent itself, or any other member is or was known.',
  claims: [],
  find({ state: { self }, mesh }) {
    const seeds = mesh?.state.unmetSeeds ?? [];
    if (mesh === undefined || seeds.length === 0 || !isAlone(mesh)) return [];
    const refusing = seeds.filter(({ refusesKey }) => refusesKey);
    return [
      {
        reason: 'SeedsUnmet',
        severity: 'warning',
        nodeSeverity: 'warning',
        node: self,
        sentence: `The agent on ${self} has met no other agent: ${whyOf(seeds, refusing)}`,
        since: mesh.instant(Math.min(...seeds.map(({ sinceMs }) => sinceMs))),
        observers: [self],
        dissent: [],
        evidence: firstLines(
          seeds.map(({ address, refusesKey }) => `${address} ${refusesKey ? 'refuses its key' : 'does not answer'}`),
        ),
        alternatives: [],
        next:
          refusing.length > 0
            ? [`Compare the keys: meerkat key show-id on ${self} and there; copy cluster.key and cluster.id from there`]
            : ['See whether agents run there and TCP port 7576 is open: mesh.seeds, mesh.port'],
        intervalMs: 5000,
      },
    ];
  },
};

function whyOf(seeds: readonly UnmetSeed[], refusing: readonly UnmetSeed[]): string {
  const addresses = (list: readonly UnmetSeed[]): string => formatNames(list.map(({ address }) => address));
  if (refusing.length > 0) return `${addresses(refusing)} ${refusing.length === 1 ? 'refuses' : 'refuse'} its key`;
  return `${addresses(seeds)} ${seeds.length === 1 ? 'does' : 'do'} not answer`;
}
