/** Reading files that state no size, as those of /proc, and kept open where they are read again and again. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Cut at `maxBytes`. Rejects with the system's error. */
export type ReadText = (located: string, maxBytes: number) => Promise<string>;

const CHUNK_BYTES = 65_536;

/** Opens, reads and closes. */
export const readText: ReadText = async (located, maxBytes) => {
  const file = await openToRead(located);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    while (size < maxBytes) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, maxBytes - size));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      // Where a read yields nothing is the end.
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks, size).toString('utf8');
  } finally {
    await file.close();
  }
};

/** O_NONBLOCK, because opening a FIFO that nobody writes to would otherwise never return. */
const openToRead = (located: string): Promise<FileHandle> =>
  open(located, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);

/** The checks read about twenty again and again. */
const MAX_KEPT = 32;
/** Of a process: it may end, and another get its number. Of this one: its mounts are lines as long as a page. */
const OF_A_PROCESS = /\/(\d+|self|thread-self)\//;
/**
 * The kernel fills a page with as many records as fit (seq_file(9)), and no record of what is kept open is half
 * a page long: a shorter read has come to the end.
 */
const HALF_A_PAGE = 2048;

/**
 * For files of /proc: read from its start such a file is what the kernel says now, however long ago it was opened, and
 * that costs one call where opening, reading, reading the end and closing cost four, each with a thread to wake. Who makes
 * one keeps it for as long as the process lives.
 */
export function createProcReader(): ReadText {
  const kept = new Map<string, FileHandle>();
  const close = (located: string, file: FileHandle): void => {
    if (kept.get(located) === file) kept.delete(located);
    void file.close().catch(() => {});
  };
  const keep = async (located: string): Promise<FileHandle> => {
    const file = await openToRead(located);
    const other = kept.get(located);
    if (other !== undefined) {
      void file.close().catch(() => {});
      return other;
    }
    kept.set(located, file);
    const [oldest] = kept;
    if (kept.size > MAX_KEPT && oldest !== undefined) close(...oldest);
    return file;
  };
  return async (located, maxBytes) => {
    if (OF_A_PROCESS.test(located)) return await readText(located, maxBytes);
    const known = kept.get(located);
    if (known !== undefined) {
      // The one used last is the last to go.
      kept.delete(located);
      kept.set(located, known);
      try {
        return await readFromStart(known, maxBytes);
      } catch {
        // What it was opened of is gone; there may be another of its name.
        close(located, known);
      }
    }
    const file = await keep(located);
    try {
      return await readFromStart(file, maxBytes);
    } catch (error) {
      close(located, file);
      throw error;
    }
  };
}

async function readFromStart(file: FileHandle, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < maxBytes) {
    // Small ones come from a common pool.
    const chunk = Buffer.allocUnsafe(Math.min(size === 0 ? HALF_A_PAGE : CHUNK_BYTES, maxBytes - size));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, size);
    chunks.push(chunk.subarray(0, bytesRead));
    size += bytesRead;
    if (bytesRead === 0 || size < HALF_A_PAGE) break;
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
