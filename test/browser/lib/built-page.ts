/** The page as it is built for the agent, from the sources as they are, in a directory of its own. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

/** `outDir`: by default a new one, which the caller removes. */
export async function buildPage(outDir = mkdtempSync(join(tmpdir(), 'meerkat-page-'))): Promise<string> {
  // With the one that vitest sets, parts for developers would be in it.
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ configFile: 'web/vite.config.ts', logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  } finally {
    process.env['NODE_ENV'] = before;
  }
  return outDir;
}

/** Where an agent that runs from its sources looks for its page. */
export const SERVED_FROM_SOURCES = resolve(import.meta.dirname, '../../../web/dist');
