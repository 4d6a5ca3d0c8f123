/** The note that the store process leaves for the next agent when it ended a blocked one. */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blocked } from './messages.ts';

const NAME = 'blocked.json';
/** After a day the check is tried again. */
const VALID_MS = 24 * 3_600_000;

/** Resolves when the note is safe on the disk. */
export async function writeBlocked(directory: string, blocked: Blocked): Promise<void> {
  const path = join(directory, NAME);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(blocked)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Undefined without a note of the last 24 hours that names a check. */
export function readBlocked(directory: string, now: number): Blocked | undefined {
  try {
    return parseBlocked(JSON.parse(readFileSync(join(directory, NAME), 'utf8')), now);
  } catch {
    return undefined;
  }
}

function parseBlocked(value: unknown, now: number): Blocked | undefined {
  if (typeof value !== 'object' || value === null || !('check' in value) || !('at' in value)) return undefined;
  const { check, at } = value;
  if (typeof check !== 'string' || check === '' || typeof at !== 'number') return undefined;
  return Math.abs(now - at) < VALID_MS ? { check, at } : undefined;
}
