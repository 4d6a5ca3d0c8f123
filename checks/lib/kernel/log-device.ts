/** /dev/kmsg, which gives a record at each read. Source: Documentation/ABI/testing/dev-kmsg of Linux. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';
import type { LogSource } from './log-reader.ts';

/** Major 1, minor 11. In some containers a link to a terminal stands in its place. */
const DEVICE = 267;
/** Longer than any record: one for which there is no room is an error. */
const RECORD_BYTES = 16_384;

/** The first of the paths that can be read. Rejects with the first one's error where none can. */
export async function openKernelLog(paths: readonly string[]): Promise<LogSource> {
  let failure: unknown;
  for (const path of new Set(paths)) {
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      const stats = await file.stat();
      if (stats.isCharacterDevice() && stats.rdev === DEVICE) return sourceOf(file);
      await file.close();
      failure ??= new Error('it is something else than the kernel’s log');
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function sourceOf(file: FileHandle): LogSource {
  const buffer = Buffer.alloc(RECORD_BYTES);
  return {
    async next() {
      try {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        return bytesRead === 0 ? 'end' : { record: buffer.toString('utf8', 0, bytesRead) };
      } catch (error) {
        if (errorCode(error) === 'EAGAIN') return 'end';
        // It goes on with the oldest that there is.
        if (errorCode(error) === 'EPIPE') return 'overrun';
        throw error;
      }
    },
    close: () => file.close(),
  };
}
