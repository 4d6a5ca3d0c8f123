/**
 * Builds the shipped form into `dist/`: the bundled program, the page, and SQLite for Linux on both architectures, so that
 * `dist/` needs nothing but Node. Loading hundreds of modules from source costs 330 ms and 25 MiB at every start. Run it with
 *
 *     node --max-semi-space-size=1 --max-old-space-size=96 --single-threaded-gc dist/meerkat.js agent
 */
import { chmod, cp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build as buildPage } from 'vite';
import { bundle } from './build/bundle.ts';
import { copySqlite } from './build/sqlite.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

await rm(DIST, { recursive: true, force: true });
const { version, metafile } = await bundle(DIST);
await buildPage({ configFile: join(ROOT, 'web/vite.config.ts'), logLevel: 'warn' });
await cp(join(ROOT, 'web/dist'), join(DIST, 'web'), { recursive: true });
// Without it Node would read every file twice to find out that it is an ES module.
const manifest = { name: 'meerkat', version, private: true, type: 'module' };
await writeFile(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await chmod(join(DIST, 'meerkat.js'), 0o755);
await symlink('meerkat.js', join(DIST, 'meerkat'));
await copySqlite(join(ROOT, 'node_modules'), join(DIST, 'node_modules'));

for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
  if (path.endsWith('.js')) console.log(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${path}`);
}
