/** Measures the disk under the store: one write and fdatasync of 4 KiB to a file of its own, in place. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';

const PROBE_BYTES = 4096;

/**
 * Returns the duration in milliseconds; it comes back when the disk does. Synchronous on purpose: the time of a thread
 * pool and of a busy event loop is no time of the disk. Throws the system's error.
 */
export function createDiskProbe(directory: string, clock: Clock): () => number {
  const path = join(directory, 'disk-probe');
  const block = new Uint8Array(PROBE_BYTES);
  let file: number | undefined;
  return () => {
    try {
      file ??= openProbe(path, block);
      const startedAt = clock.monotonic();
      writeSync(file, block, 0, PROBE_BYTES, 0);
      fdatasyncSync(file);
      return clock.monotonic() - startedAt;
    } catch (error) {
      if (file !== undefined) closeSync(file);
      file = undefined;
      throw error;
    }
  };
}

/** The first write takes space and changes the file's size: that is not measured. */
function openProbe(path: string, block: Uint8Array): number {
  const file = openSync(path, 'a', 0o600);
  closeSync(file);
  const probe = openSync(path, 'r+');
  writeSync(probe, block, 0, PROBE_BYTES, 0);
  fdatasyncSync(probe);
  return probe;
}
