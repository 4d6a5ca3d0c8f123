/** What block devices did. Format: Linux' admin-guide/iostats.rst. */
import { linesOf } from './procfs.ts';
import { growth32 } from './window.ts';

/** Totals of one device or partition since the boot. */
export interface DiskCounters {
  readonly name: string;
  /** Reads and writes that were completed. */
  readonly operations: number;
  /** Milliseconds that all of them took together, waiting in the queue included; 32 bits. */
  readonly waitedMs: number;
  /** Requests under way at the moment. */
  readonly inFlight: number;
  /** Milliseconds in which at least one was under way; 32 bits. */
  readonly busyMs: number;
}

export interface DiskActivity {
  readonly operations: number;
  /** Mean time from the request to its completion; undefined when none was completed. */
  readonly awaitMs?: number;
  /** Requests were under way at both looks, and none was completed. */
  readonly isStuck: boolean;
  /** Share of the time in which at least one request was under way, 0 to 1. */
  readonly busyRatio: number;
}

/** /proc/diskstats by `major:minor`. */
export function parseDiskStats(text: string): Map<string, DiskCounters> | undefined {
  const devices = linesOf(text).flatMap((line) => {
    const [major, minor, name, ...columns] = line.trim().split(/\s+/);
    const counts = columns.map(Number);
    const [reads, , , readMs, writes, , , writeMs, inFlight, busyMs] = counts;
    if (busyMs === undefined || counts.some(Number.isNaN)) return [];
    const counters: DiskCounters = {
      name: name ?? '',
      operations: (reads ?? 0) + (writes ?? 0),
      waitedMs: (readMs ?? 0) + (writeMs ?? 0),
      inFlight: inFlight ?? 0,
      busyMs,
    };
    return [[`${major}:${minor}`, counters] as const];
  });
  return devices.length === 0 ? undefined : new Map(devices);
}

/** What happened between two looks; undefined when the device was replaced in between. */
export function activityBetween(from: DiskCounters, to: DiskCounters, elapsedMs: number): DiskActivity | undefined {
  const operations = to.operations - from.operations;
  if (operations < 0 || from.name !== to.name || elapsedMs <= 0) return undefined;
  const busyRatio = Math.min(1, growth32(from.busyMs, to.busyMs) / elapsedMs);
  if (operations === 0) return { operations, busyRatio, isStuck: from.inFlight > 0 && to.inFlight > 0 };
  const awaitMs = growth32(from.waitedMs, to.waitedMs) / operations;
  return { operations, busyRatio, awaitMs, isStuck: false };
}
