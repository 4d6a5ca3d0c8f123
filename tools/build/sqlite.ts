/** The one dependency that is not in the bundle, because it is machine code: where Node looks for it beside the program. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

/** What images run on: Linux with glibc. */
const PLATFORMS = ['linux-x64', 'linux-arm64'] as const;
/** What is loaded. The sources of SQLite, 10 MiB, and the binaries of other systems are not. */
const PARTS = ['package.json', 'LICENSE', 'lib', ...PLATFORMS.map((platform) => `prebuilds/${platform}.node`)];

/** Copies what runs of better-sqlite3 from one `node_modules` to another. Rejects where a part is missing. */
export async function copySqlite(from: string, to: string): Promise<void> {
  for (const part of PARTS) {
    const path = join('better-sqlite3', part);
    await cp(join(from, path), join(to, path), { recursive: true });
  }
}
