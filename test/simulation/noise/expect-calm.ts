/** What both kinds of nodes have to bear, a file each, so that they run at once. */
import { expect, it } from 'vitest';
import { CHECKS } from '../../../checks/registry.ts';
import { type Day, spendDay } from './day.ts';
import { FAULTS } from './faults.ts';
import type { Role } from './inputs.ts';
import { HOUR } from './part.ts';
import { reachesOf } from './reach.ts';

const DAY_MS = 24 * HOUR;
const SEEDS = process.env['MEERKAT_LONG'] === '1' ? [1, 2, 3, 4, 5, 6, 7, 8] : [3];
/** Each day takes half a minute of a processor that has nothing else to do. */
const LONGEST_MS = 300_000;
const NEAR = 0.85;
/** Whoever is the way for what it looks at is replaced for 20 s. */
const MAY_BE_BLIND = /^overlay: the overlay responder/;
/** Nothing of the noise is so for a single run. */
const NEVER_BAD_ANYWHERE: readonly string[] = [
  'apiserver-address',
  'overlay',
  'dns',
  'reachability',
  'clock',
  'cpu-pressure',
  'neighbours',
  'kernel',
  'disk-latency',
];
/** Or there is nothing of it on that node. */
const NEVER_BAD: Readonly<Record<Role, readonly string[]>> = {
  master: NEVER_BAD_ANYWHERE,
  worker: [...NEVER_BAD_ANYWHERE, 'etcd', 'apiserver', 'scheduler', 'controller-manager'],
};

/** Checks that the noise knows of. */
const KNOWN = new Set(Object.keys(FAULTS).map((name) => name.split('/')[0]));
const strangers = CHECKS.filter(({ id }) => !KNOWN.has(id)).map(({ id }) => id);

export function expectCalm(role: Role): void {
  if (strangers.length > 0) process.stderr.write(`noise: none for ${strangers.join(', ')}\n`);

  it.each(SEEDS)(
    `24 hours of noise on a ${role} raise nothing (seed %i)`,
    async (seed) => {
      const day = await spendDay(role, seed, DAY_MS);
      print(day, role, seed);

      expect(day.raised).toEqual([]);
      expect(day.said).toEqual(['healthy']);
      expect(day.blind.filter((what) => !MAY_BE_BLIND.test(what))).toEqual([]);
      expect(reachesOf(day, role).filter(({ share }) => share < NEAR)).toEqual([]);
      const unmoved = [...day.runs].filter(([, { bad }]) => bad === 0).map(([check]) => check);
      expect(unmoved.filter((check) => KNOWN.has(check) && !NEVER_BAD[role].includes(check))).toEqual([]);
    },
    LONGEST_MS,
  );
}

function print(day: Day, role: Role, seed: number): void {
  const runs = [...day.runs].map(([check, { all, bad }]) => `${check} ${all} (${bad})`);
  const reaches = reachesOf(day, role).map(({ what, share }) => `${what} ${Math.round(100 * share)} %`);
  process.stdout.write(`${role}, seed ${seed}: runs, and those not well: ${runs.join(', ')}\n`);
  process.stdout.write(`${role}, seed ${seed}: of what each bears: ${reaches.join(', ')}\n`);
}
