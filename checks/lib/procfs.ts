/** Reading and parsing the kernel's figures in /proc. Formats: proc(5). */
import type { HostFiles } from '../types.ts';
import { errorCode } from './system-error.ts';

/** What a source says, or why it says nothing. */
export type Look<T> = { readonly value: T } | { readonly why: string; readonly isMissing?: boolean };

/** Bytes by name, where meminfo states a unit; plain counts (`HugePages_Total`) as they are. */
export type Meminfo = ReadonlyMap<string, number>;

export interface LoadAverage {
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
  /** Processes and threads that exist, the kernel's own included. */
  readonly tasks: number;
}

/** Ticks since the boot, over all CPUs. */
export interface CpuTimes {
  /** CPUs that are online. */
  readonly cpus: number;
  readonly idle: number;
  readonly total: number;
}

/**
 * Reads one source. A missing one, one that may not be read and one of an unexpected form (`parse` answers undefined)
 * each say so, with the path.
 */
export async function look<T>(
  host: HostFiles,
  path: string,
  parse: (text: string) => T | undefined,
  maxBytes?: number,
): Promise<Look<T>> {
  try {
    const value = parse(await host.readText(path, maxBytes));
    return value === undefined ? { why: `${path} has an unexpected form` } : { value };
  } catch (error) {
    return { why: explainFailure(error, path), isMissing: errorCode(error) === 'ENOENT' };
  }
}

/** Why a path could not be looked at, for the operator. */
export function explainFailure(error: unknown, path: string): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return `there is no ${path}`;
  if (code === 'EACCES' || code === 'EPERM') return `the agent may not read ${path} (${code})`;
  return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

export const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** A file that holds one number. Limits may be 2^63 - 1, which a double states well enough. */
export function parseCount(text: string): number | undefined {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** /proc/meminfo. */
export function parseMeminfo(text: string): Meminfo | undefined {
  const entries = linesOf(text).flatMap((line) => {
    const match = /^([^:\s]+):\s+(\d+)(\s+kB)?\s*$/.exec(line);
    if (match === null) return [];
    return [[match[1] ?? '', Number(match[2]) * (match[3] === undefined ? 1 : 1024)] as const];
  });
  return entries.length === 0 ? undefined : new Map(entries);
}

/** /proc/loadavg: `0.20 0.18 0.12 1/80 11206`. */
export function parseLoadAverage(text: string): LoadAverage | undefined {
  const match = /^\s*(\d+\.\d+)\s+(\d+\.\d+)\s+(\d+\.\d+)\s+\d+\/(\d+)\s/.exec(text);
  if (match === null) return undefined;
  const [load1 = 0, load5 = 0, load15 = 0, tasks = 0] = match.slice(1).map(Number);
  return { load1, load5, load15, tasks };
}

/** The first lines of /proc/stat. Guest time is part of user time, so only the first eight columns add up. */
export function parseCpuTimes(text: string): CpuTimes | undefined {
  const columns = /^cpu\s+([\d ]+)/.exec(text)?.[1]?.trim().split(/ +/).slice(0, 8).map(Number);
  const cpus = text.match(/^cpu\d+ /gm)?.length ?? 0;
  if (columns === undefined || columns.length < 4 || cpus === 0) return undefined;
  return {
    cpus,
    // Idle and waiting for I/O: in both the CPU has nothing to run.
    idle: (columns[3] ?? 0) + (columns[4] ?? 0),
    total: columns.reduce((sum, ticks) => sum + ticks, 0),
  };
}
