/** Small secret files that survive a loss of power at any moment: the old content or the new, never half of it. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Every method rejects with the system's error (`code` ENOENT, EROFS, ENOSPC, …). A frozen disk never settles it. */
export interface SecretFiles {
  readText(path: string): Promise<string>;
  /** Readable by the owner only (0600), in a directory that is made with 0700 when there is none. */
  writeDurably(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

export const systemFiles: SecretFiles = {
  readText: (path) => readFile(path, 'utf8'),
  async writeDurably(path, text) {
    const directory = dirname(path);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const draft = `${path}.new`;
    await writeAndSync(draft, text);
    await rename(draft, path);
    await syncDirectory(directory);
  },
  async rename(from, to) {
    await rename(from, to);
    await syncDirectory(dirname(to));
  },
};

async function writeAndSync(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    // What an interrupted write left behind keeps its own mode.
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is durable only when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
