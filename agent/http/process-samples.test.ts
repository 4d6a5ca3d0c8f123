import { expect, it } from 'vitest';
import { METRICS } from './metric-table.ts';
import { processSamples } from './process-samples.ts';

const NOW = 1_800_000_000_000;
const read = (family: { readonly name: string }): number | undefined =>
  processSamples(NOW).find((one) => one.family.name === family.name)?.value;

it('says what this process uses', () => {
  const memory = process.memoryUsage();

  expect(read(METRICS.heapUsed) ?? 0).toBeGreaterThan(memory.heapUsed / 4);
  expect(read(METRICS.residentMemory) ?? 0).toBeGreaterThan(read(METRICS.heapUsed) ?? Infinity);
  expect(read(METRICS.externalMemory) ?? 0).toBeGreaterThan(0);
  expect(read(METRICS.startTime) ?? 0).toBeLessThanOrEqual(NOW / 1000);
});

it.skipIf(process.platform !== 'linux')('counts open files as the kernel does', () => {
  // Standard input, output and error at the least.
  expect(read(METRICS.openFiles) ?? 0).toBeGreaterThanOrEqual(3);
});
