/** What the bundle promises: commands that scripts call often, and the processes beside the agent, load little. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { bundle, loadedWith } from './build/bundle.ts';
import { copySqlite } from './build/sqlite.ts';

const { metafile } = await bundle();
const packagesOf = (source: string): string[] =>
  [...loadedWith(metafile, source)]
    .flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    .sort();

it.each([
  'agent/main.ts',
  'agent/cli/health.ts',
  'agent/cli/version.ts',
  'agent/cli/runtime-probe.ts',
  'agent/store/child.ts',
])('loads no package for %s', (source) => {
  expect(packagesOf(source)).toEqual([]);
  expect(loadedWith(metafile, source)).toContain(source);
});

it('sees what the agent loads', () => {
  expect(packagesOf('agent/cli/agent.ts')).toContain('fastify');
});

it('puts the store process where the agent looks for it', () => {
  const source = readFileSync(join(import.meta.dirname, '../agent/store/store.ts'), 'utf8');
  const file = /'\.\/([\w-]+\.js)'/.exec(source)?.[1] ?? 'nothing';
  expect(metafile.outputs[`dist/${file}`]?.entryPoint).toBe('agent/store/child.ts');
});

it('puts every file beside the page: the agent looks for it from the chunk that its code is in', () => {
  const folders = Object.keys(metafile.outputs).map((path) => dirname(path));
  expect([...new Set(folders)]).toEqual(['dist']);
});

it('brings SQLite along, for both architectures, and nothing that does not run', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-sqlite-'));
  const to = join(directory, 'node_modules');
  try {
    await copySqlite(join(import.meta.dirname, '../node_modules'), to);
    const Database = createRequire(join(directory, 'program.js'))('better-sqlite3') as new (path: string) => {
      pragma(text: string, options: { readonly simple: true }): unknown;
      close(): void;
    };
    const database = new Database(':memory:');
    expect(database.pragma('user_version', { simple: true })).toBe(0);
    database.close();
    expect(readdirSync(join(to, 'better-sqlite3/prebuilds')).sort()).toEqual(['linux-arm64.node', 'linux-x64.node']);
    expect(readdirSync(join(to, 'better-sqlite3')).sort()).toEqual(['LICENSE', 'lib', 'package.json', 'prebuilds']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
