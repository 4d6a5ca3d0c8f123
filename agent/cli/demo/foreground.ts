/** Whether a terminal lets this process read. */
import { readFileSync } from 'node:fs';

/**
 * False for a job in the background of a terminal: one that reads from it is stopped. Fields 5 and 8 of
 * /proc/self/stat are the process' own group and the group in the foreground, -1 without a terminal (proc(5)).
 */
export function mayReadInput(): boolean {
  if (!process.stdin.isTTY) return true;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return false;
  }
}
