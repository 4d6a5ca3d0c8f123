/** Databases that could not be used: kept beside the new one under another name, few and bounded. */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface SetAside {
  readonly path: string;
  readonly why: 'corrupt' | 'newer';
  /** Unix ms. */
  readonly at: number;
}

const MAX_KEPT = 2;
const NAME = /\.(?:corrupt|newer)-(?<stamp>\d{8}T\d{6}\.\d{3}Z)$/;

/** Renames the database with its journal to `<path>.<why>-<ISO 8601 basic time>`. */
export function setAside(path: string, why: SetAside['why'], at: number): SetAside {
  const stamp = new Date(at).toISOString().replaceAll(/[-:]/g, '');
  const kept = `${path}.${why}-${stamp}`;
  if (existsSync(path)) renameSync(path, kept);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept}-wal`);
  rmSync(`${path}-shm`, { force: true });
  return { path: kept, why, at };
}

/**
 * Deletes the oldest until at most two are left with at most `maxBytes` together, and returns their bytes: they count
 * towards the store's limit.
 */
export function pruneSetAside(path: string, maxBytes: number): number {
  const kept = readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.`) && NAME.test(name))
    .sort((a, b) => stampOf(b).localeCompare(stampOf(a)));
  let total = 0;
  for (const [index, name] of kept.entries()) {
    const file = join(dirname(path), name);
    const bytes = sizeOf(file) + sizeOf(`${file}-wal`);
    if (index < MAX_KEPT && total + bytes <= maxBytes) total += bytes;
    else for (const gone of [file, `${file}-wal`]) rmSync(gone, { force: true });
  }
  return total;
}

/** Bytes of a file; 0 when there is none. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const stampOf = (name: string): string => NAME.exec(name)?.groups?.['stamp'] ?? '';
