/** The page as it is built for the agent, from the sources as they are, in a directory of its own. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

export async function buildPage(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'meerkat-page-'));
  await build({ configFile: 'web/vite.config.ts', logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  return outDir;
}
