import { defineConfig } from 'vitest/config';

/**
 * What takes real time never runs beside another kind, and a few files at once: they mostly wait. More would starve each
 * other of the CPU.
 */
const slow = (groupOrder: number, timeoutMs: number, maxWorkers: number) => ({
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
  maxWorkers,
  sequence: { groupOrder },
});

/**
 * Four kinds of tests, one kind after the other. `unit` opens no socket and reads no real clock; `integration` starts
 * real parts, and simulates clusters in virtual time; `lab` runs real daemons and needs root for some; `browser` drives
 * Chromium. A test that misses what it needs skips and says why.
 */
export default defineConfig({
  test: {
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
      { test: { name: 'lab', include: ['test/lab/**/*.test.ts'], ...slow(2, 180_000, 2) } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...slow(3, 120_000, 1) } },
    ],
  },
});
