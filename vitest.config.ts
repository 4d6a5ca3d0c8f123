import { defineConfig } from 'vitest/config';
import { createRetryReporter } from './test/lib/retry-reporter.ts';

/**
 * What takes real time runs a few files at once: they mostly wait. More would starve each other of the CPU, so groups
 * follow each other.
 */
const slow = (groupOrder: number, timeoutMs: number, maxWorkers: number) => ({
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
  maxWorkers,
  sequence: { groupOrder },
});

/** Tests in the lab that keep both of two cores busy for seconds, or that count each word of agents meanwhile. */
const ALONE = ['few', 'cuts', 'storms', 'long'].map((name) => `test/lab/mesh-${name}.test.ts`);

/**
 * Four kinds of tests. `unit` opens no socket and reads no real clock; `integration` starts
 * real parts, and simulates clusters in virtual time; `lab` runs real daemons and needs root for some; `browser` drives
 * Chromium. A test that misses what it needs skips and says why.
 */
export default defineConfig({
  test: {
    reporters: ['default', createRetryReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{agent,bench,checks,tools,web}/**/*.test.ts', 'test/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/simulation/**/*.test.ts'],
          ...slow(1, 60_000, 2),
        },
      },
      { test: { name: 'lab', include: ['test/lab/**/*.test.ts'], exclude: ALONE, ...slow(2, 180_000, 2) } },
      { test: { name: 'lab-alone', include: ALONE, ...slow(3, 180_000, 1) } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...slow(1, 120_000, 2) } },
    ],
  },
});
