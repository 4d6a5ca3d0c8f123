/** What the switch drops, as a ruleset of nft(8). Pure. */
import type { CutOptions, LossDirection } from './types.ts';

/** One direction. */
export interface Cut extends Pick<CutOptions, 'only' | 'largerThanBytes'> {
  readonly from: string;
  readonly to: string;
}

export interface Loss {
  /** A host's name, or `*`. */
  readonly host: string;
  /** 0 to 1. */
  readonly ratio: number;
  readonly direction: LossDirection;
}

export interface Faults {
  readonly cuts: readonly Cut[];
  readonly losses: readonly Loss[];
  readonly isolated: readonly string[];
}

export const NO_FAULTS: Faults = { cuts: [], losses: [], isolated: [] };

/** The port of the switch on which the test's own process is: never subject to faults. */
export const TEST_PORT = 'test';

/** VXLAN's port, RFC 7348. */
export const OVERLAY_PORT = 4789;

/** Replaces all earlier rules at once. Ports of the switch are named after the hosts. */
export function rulesetOf({ cuts, losses, isolated }: Faults): string {
  const off = isolated.map((host) => [`iifname "${host}" drop`, `oifname "${host}" drop`]);
  const forward = [
    `iifname "${TEST_PORT}" accept`,
    `oifname "${TEST_PORT}" accept`,
    ...off.flat(),
    // A cut or lossy path between routers leaves address resolution alone.
    'ether type arp accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept',
    ...cuts.map(cutRule),
    ...losses.flatMap(lossRules),
  ];
  return [
    'add table bridge lab',
    'delete table bridge lab',
    'table bridge lab {',
    ...chain('forward', forward),
    ...chain(
      'input',
      off.map(([from]) => from ?? ''),
    ),
    ...chain(
      'output',
      off.map(([, to]) => to ?? ''),
    ),
    '}',
    '',
  ].join('\n');
}

const chain = (hook: string, rules: readonly string[]): string[] => [
  `  chain ${hook} {`,
  `    type filter hook ${hook} priority 0; policy accept;`,
  ...rules.map((rule) => `    ${rule}`),
  '  }',
];

function cutRule({ from, to, only, largerThanBytes }: Cut): string {
  const parts = [`iifname "${from}" oifname "${to}"`];
  if (only === 'overlay') parts.push(`meta l4proto udp th dport ${OVERLAY_PORT}`);
  else if (only !== undefined) parts.push(`meta l4proto ${only}`);
  if (largerThanBytes !== undefined) parts.push(`meta length > ${largerThanBytes}`);
  return [...parts, 'drop'].join(' ');
}

function lossRules({ host, ratio, direction }: Loss): string[] {
  const drop = `numgen random mod 10000 < ${Math.round(ratio * 10_000)} drop`;
  if (host === '*') return [drop];
  const out = `iifname "${host}" ${drop}`;
  const into = `oifname "${host}" ${drop}`;
  return { both: [out, into], out: [out], in: [into] }[direction];
}
