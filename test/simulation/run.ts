/**
 * Simulates whole clusters under random faults in virtual time, a seed each:
 *
 *     npm run test:simulation -- --seeds 200 --from 1 --workers 2
 *
 * A seed that fails is printed with what was done and what went wrong, and does the same when it is run again.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runSeeds } from './mesh/crew.ts';
import { makeSchedule } from './mesh/schedule.ts';
import { FOUND_SOMETHING, KNOWN_FAILURES } from './mesh/seeds.ts';
import type { Verdict } from './mesh/worker.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: `${Math.min(4, availableParallelism())}` },
    figures: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (value: string, name: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number, not ${value}`);
  return number;
};

const from = count(values.from, 'from');
const asked = Array.from({ length: count(values.seeds, 'seeds') }, (_, index) => from + index);
/** The large clusters first: the last run of one worker should not be what all others wait for. */
const seeds = [...new Set([...FOUND_SOMETHING, ...KNOWN_FAILURES.keys(), ...asked])]
  .map((seed) => ({ seed, size: makeSchedule(seed).size }))
  .sort((one, other) => other.size - one.size)
  .map(({ seed }) => seed);
const startedAt = performance.now();
const failed: Verdict[] = [];
const figures = new Map<string, number[]>();
const note = (what: string, all: Verdict['known']): void => {
  for (const [kind, ms] of all) {
    if (kind.includes('+')) continue;
    const list = figures.get(`${kind} ${what}`) ?? [];
    list.push(ms);
    figures.set(`${kind} ${what}`, list);
  }
};

await runSeeds({
  seeds,
  workers: count(values.workers, 'workers'),
  shrink: true,
  onVerdict(verdict) {
    note('known', verdict.known);
    note('healed', verdict.healed);
    const known = KNOWN_FAILURES.get(verdict.seed);
    if (verdict.broken.length === 0) {
      if (known !== undefined) print(`seed ${verdict.seed} passes, and is on the list of known failures: ${known}`);
      return;
    }
    print(verdict.text);
    if (known === undefined) failed.push(verdict);
    else print(`  KNOWN FAILURE, not mended yet: ${known}`);
  },
});

const seconds = (performance.now() - startedAt) / 1000;
if (values.figures) {
  for (const [what, list] of [...figures].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const sorted = list.sort((one, other) => one - other);
    const at = (share: number): string => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`;
    print(
      `${what.padEnd(24)} ${String(list.length).padStart(6)} times, median ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}`,
    );
  }
}
print(
  `${seeds.length} seeds in ${seconds.toFixed(1)} s, ${(seeds.length / seconds).toFixed(1)} a second: ` +
    `${failed.length} failed${failed.length > 0 ? ` (${failed.map(({ seed }) => seed).join(', ')})` : ''}, ` +
    `${KNOWN_FAILURES.size} known failures`,
);
if (failed.length > 0) {
  print(`again: npm run test:simulation -- --seeds 1 --from ${failed[0]?.seed}`);
  process.exitCode = 1;
}
