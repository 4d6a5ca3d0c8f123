import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/lib/longest-first.ts';
import { createRetryReporter } from './test/lib/retry-reporter.ts';
import { createToldReporter } from './test/lib/told-reporter.ts';

/** What takes real time runs some files at once, in groups that follow each other. */
const slow = (groupOrder: number, timeoutMs: number, maxWorkers: number) => ({
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
  maxWorkers,
  maxConcurrency: 10,
  sequence: { groupOrder },
});

const named = (folder: string, ...names: readonly string[]): string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);
/** Tests that wait for four fifths of their time and more, and run no whole agent that could see what is done to a disk. */
const PATIENT = named(
  'integration',
  'mesh-compose',
  'mesh-hostile',
  'mesh-hostile-streams',
  'mesh-probes',
  'mesh-spread',
  'mesh-transport-contract',
  'mesh-transport-frozen',
  'mesh-transport-silent',
  'mesh-transport-watchdog',
  'store-damage',
  'store-recovery',
  'store-watchdog',
);
/** Clusters of agents whose words are timed: each needs half a core. */
const CLUSTERS = named('lab', 'alertmanager', 'mesh-*', 'masters-down', 'lab-agents');
/** Tests that keep both of two cores busy for seconds. */
const ALONE = named('lab', 'mesh-eight', 'mesh-long', 'host-saturated', 'seven-kinds', 'pairs', 'calm', 'daemonset');
const ATTACKED = named('integration', 'mesh-culprits');
/** Clusters in virtual time: nothing but computation. */
const VIRTUAL = ['test/simulation/**/*.test.ts'];

/**
 * Five kinds of tests. `unit` opens no socket and reads no real clock; `simulation` runs clusters in virtual time;
 * `integration` starts real parts; `lab` runs real daemons and needs root for some; `browser` drives
 * Chromium. A test that misses what it needs skips and says why.
 *
 * How many of a group run at once follows from how much of their time they wait: together they leave a third of two cores
 * idle. More would starve each other.
 */
export default defineConfig({
  test: {
    reporters: ['default', createToldReporter(), createRetryReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{agent,bench,checks,tools,web}/**/*.test.ts', 'test/*.test.ts'],
          // They leave nothing behind: what all of them import is read once a worker.
          isolate: false,
          maxWorkers: 2,
          // Pure computation, of which some takes a second: on a busy machine that is long.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { name: 'simulation', include: VIRTUAL, ...slow(0, 60_000, 2) } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...PATIENT, ...ATTACKED],
          ...slow(1, 60_000, 2),
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...slow(1, 120_000, 2) } },
      { test: { name: 'integration-patient', include: PATIENT, ...slow(2, 60_000, 5) } },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: [...CLUSTERS, ...ALONE],
          ...slow(2, 180_000, 5),
        },
      },
      { test: { name: 'lab-clusters', include: CLUSTERS, exclude: ALONE, ...slow(3, 180_000, 3) } },
      { test: { name: 'lab-alone', include: ALONE, ...slow(4, 180_000, 1) } },
      { test: { name: 'integration-alone', include: ATTACKED, ...slow(4, 180_000, 1) } },
    ],
  },
});
