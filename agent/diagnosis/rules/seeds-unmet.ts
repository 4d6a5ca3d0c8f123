import type { UnmetSeed } from '../../model/mesh-state.ts';
import { isAlone } from '../mesh-evidence.ts';
import type { Rule } from '../rule.ts';
import { PROGRAM_BY_HAND, firstLines, formatNames, plural } from '../words.ts';

export const seedsUnmet: Rule = {
  reason: 'SeedsUnmet',
  severity: 'warning',
  concludes:
    'This agent has met no other one, although it was told where to find some: it speaks for its own node only.',
  from: 'Every dial of every configured seed has failed, or its DNS name gives no address, and no other member is known from before.',
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
        evidence: firstLines(seeds.map(lineOf)),
        alternatives: [],
        next: nextSteps(self, seeds, refusing),
        intervalMs: 5000,
      },
    ];
  },
};

const FAULTS = {
  'no-such-name': 'does not exist in DNS',
  'no-addresses': 'has no address in DNS',
  'no-server': 'cannot be looked up, no DNS server answers',
} as const;

function whyOf(seeds: readonly UnmetSeed[], refusing: readonly UnmetSeed[]): string {
  const addresses = (list: readonly UnmetSeed[]): string => formatNames(list.map(({ address }) => address));
  if (refusing.length > 0) return `${addresses(refusing)} ${plural(refusing.length, 'refuses', 'refuse')} its key`;
  const nameless = seeds.filter(({ name }) => name === undefined);
  const names = Map.groupBy(
    seeds.filter((seed) => seed.name !== undefined),
    ({ name = '' }) => name,
  );
  return [
    ...(nameless.length > 0 ? [`${addresses(nameless)} ${plural(nameless.length, 'does', 'do')} not answer`] : []),
    ...[...names].map(([name, list]) => whyOfName(name, list)),
  ].join('; ');
}

function whyOfName(name: string, seeds: readonly UnmetSeed[]): string {
  const fault = seeds.find((seed) => seed.fault !== undefined)?.fault;
  if (fault !== undefined) return `${name} ${FAULTS[fault]}`;
  const [only] = seeds;
  return seeds.length === 1
    ? `${name} (${only?.address ?? ''}) does not answer`
    : `none of the ${seeds.length} addresses of ${name} answers`;
}

function lineOf({ address, name, fault, refusesKey }: UnmetSeed): string {
  if (fault !== undefined) return `${name ?? address} ${FAULTS[fault]}`;
  return `${address}${name === undefined ? '' : ` of ${name}`} ${refusesKey ? 'refuses its key' : 'does not answer'}`;
}

function nextSteps(self: string, seeds: readonly UnmetSeed[], refusing: readonly UnmetSeed[]): readonly string[] {
  if (refusing.length > 0)
    return [
      `Compare the keys: \`meerkat key show-id\` (${PROGRAM_BY_HAND}) on ${self} and there; copy cluster.key and cluster.id from there`,
    ];
  const name = seeds.find(({ fault }) => fault !== undefined)?.name;
  return [
    ...(name === undefined
      ? []
      : [`On ${self}: getent ahosts ${name}; then /etc/resolv.conf and the DNS servers in it`]),
    ...(seeds.some(({ fault }) => fault === undefined)
      ? ['See whether agents run there and TCP port 7576 is open: mesh.seeds, mesh.port']
      : []),
  ];
}
