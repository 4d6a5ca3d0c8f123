/** Pressure stall information: the share of time in which tasks wait for a resource. Format: Linux' accounting/psi.rst. */
import type { HostFiles } from '../types.ts';
import { linesOf, look } from './procfs.ts';

/** Shares of the last 10, 60 and 300 seconds, 0 to 1. */
export interface PressureAverages {
  readonly over10: number;
  readonly over60: number;
  readonly over300: number;
}

export interface Pressure {
  /** At least one task waited. */
  readonly some: PressureAverages;
  /** Every task that had something to do waited. Older kernels do not state it for `cpu`. */
  readonly full?: PressureAverages;
}

/** /proc/pressure/*: `some avg10=0.06 avg60=0.22 avg300=0.53 total=22445187`. */
export function parsePressure(text: string): Pressure | undefined {
  const averages = new Map(
    linesOf(text).flatMap((line) => {
      const match = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=\d+\s*$/.exec(line);
      if (match === null) return [];
      const [over10 = 0, over60 = 0, over300 = 0] = match.slice(2).map((percent) => Number(percent) / 100);
      return [[match[1], { over10, over60, over300 }] as const];
    }),
  );
  const some = averages.get('some');
  const full = averages.get('full');
  if (some === undefined) return undefined;
  return full === undefined ? { some } : { some, full };
}

/** Undefined where the kernel was built or started without it (no file, or ENOTSUP with `psi=0`). */
export async function readPressure(host: HostFiles, resource: 'cpu' | 'memory' | 'io'): Promise<Pressure | undefined> {
  const pressure = await look(host, `/proc/pressure/${resource}`, parsePressure);
  return 'value' in pressure ? pressure.value : undefined;
}
