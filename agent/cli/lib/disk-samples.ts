/** What an agent's store measures all the time, measured now: a small write and fdatasync in the data directory. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskSamples } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';

const WRITES = 5;
const BLOCK = new Uint8Array(4096);
/** A disk that needs longer is judged by how long it has needed so far. */
const WAIT_MS = 6000;

/** Resolves when all was measured, or with what is known when the disk does not come back. Never rejects. */
export async function measureDisk(directory: string, clock: Clock): Promise<DiskSamples> {
  const samples: { at: number; durationMs: number }[] = [];
  const startedAt = clock.monotonic();
  const measured = writeAll(directory, clock, samples).then(
    (): DiskSamples => ({ directory, samples, stalledForMs: 0 }),
    (error: unknown): DiskSamples => ({ directory, samples, stalledForMs: 0, error: explain(directory, error) }),
  );
  const stalled = clock
    .sleep(WAIT_MS)
    .then((): DiskSamples => ({ directory, samples, stalledForMs: clock.monotonic() - startedAt }));
  return Promise.race([measured, stalled]);
}

async function writeAll(directory: string, clock: Clock, samples: { at: number; durationMs: number }[]): Promise<void> {
  const path = join(directory, `disk-check-${process.pid}`);
  const file = await open(path, 'wx', 0o600);
  try {
    for (let write = 0; write < WRITES; write += 1) {
      const began = clock.monotonic();
      await file.write(BLOCK, 0, BLOCK.length, 0);
      await file.datasync();
      // The first write takes the space as well: it is not the disk's usual time.
      if (write > 0) samples.push({ at: clock.now(), durationMs: clock.monotonic() - began });
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

const explain = (directory: string, error: unknown): string =>
  codeOf(error) === 'ENOENT' ? `${directory} does not exist: no agent has run here` : messageOf(error);
