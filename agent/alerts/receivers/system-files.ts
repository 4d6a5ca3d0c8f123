/** Small files of this machine, of bounded size, and none that could hang because it is a pipe. */
import { constants, fstatSync, openSync, readSync, closeSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileReader } from './secret-file.ts';

/** A bundle of certificates may be as large; tokens are tiny. */
const MAX_BYTES = 1024 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

export const SYSTEM_FILES: FileReader = {
  async read(path) {
    const file = await open(path, FLAGS);
    try {
      refuseOdd(await file.stat());
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  },
  readNow(path) {
    const file = openSync(path, FLAGS);
    try {
      const { size } = refuseOdd(fstatSync(file));
      const bytes = Buffer.alloc(size);
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, size, 0));
    } finally {
      closeSync(file);
    }
  },
};

function refuseOdd(stats: Stats): Stats {
  if (!stats.isFile()) throw new Error('it is no file');
  if (stats.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  return stats;
}
