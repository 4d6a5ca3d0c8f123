/** What the kernel says of a process. */
import { readFileSync } from 'node:fs';

export interface ProcessState {
  /** `R` runs or wants to, `S` sleeps, `D` waits for a device, `T` and `t` are stopped, `Z` has ended; see proc(5). */
  readonly state: string;
  readonly parent: number;
}

/** Undefined when the process does not exist or /proc is not there. */
export function readProcessState(pid: number): ProcessState | undefined {
  try {
    return parseProcessState(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A program's name may hold spaces and parentheses, so the fields begin after the last one. */
export function parseProcessState(stat: string): ProcessState | undefined {
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' ? undefined : { state, parent: Number(parent) };
}

/** Stopped by a signal or held by a debugger: somebody wants it so. */
export const isStopped = (process: ProcessState | undefined): boolean =>
  process?.state === 'T' || process?.state === 't';
