/** What the agent's own process uses, as Prometheus' clients name it. */
import { readdirSync } from 'node:fs';
import type { MetricSample } from './exposition.ts';
import { sample } from './metric-samples.ts';
import { METRICS } from './metric-table.ts';

/** @param now Unix ms */
export function processSamples(now: number): MetricSample[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const openFiles = countOpenFiles();
  return [
    sample(METRICS.startTime, Math.round(now / 1000 - process.uptime())),
    sample(METRICS.cpu, (user + system) / 1e6),
    sample(METRICS.residentMemory, rss),
    ...(openFiles === undefined ? [] : [sample(METRICS.openFiles, openFiles)]),
    sample(METRICS.heapUsed, heapUsed),
    sample(METRICS.externalMemory, external),
  ];
}

/** Undefined where the kernel does not say it. */
function countOpenFiles(): number | undefined {
  try {
    // One of them is the directory that is read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
