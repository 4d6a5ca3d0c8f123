/**
 * Builds the shipped form into `dist/`: the program in a few files, because loading hundreds of modules costs 330 ms
 * and 25 MiB at every start, and the page beside it. Every command is a chunk of its own, so that `meerkat health`
 * loads little. Run it with
 *
 *     node --max-semi-space-size=1 --max-old-space-size=96 dist/meerkat.js agent
 *
 * `better-sqlite3` stays outside: it is a native module.
 */
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Plugin, build } from 'esbuild';
import { build as buildPage } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** Programs of their own: the command line, and what the agent starts as processes beside itself. */
const ENTRIES = { meerkat: 'agent/main.ts', 'store-child': 'agent/store/child.ts' };

/**
 * `import { Type } from 'typebox'` takes every builder that there is; a namespace import lets the bundler drop the
 * unused ones. It saves 5 MiB of memory and 6 ms at the start.
 */
const typeboxByNamespace: Plugin = {
  name: 'typebox-by-namespace',
  setup(builder) {
    builder.onLoad({ filter: /\/(agent|checks)\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      // Whatever else such a line imports are types, which vanish.
      const contents = source.replace(
        /^import \{[^}]*\bType\b[^}]*\} from 'typebox';$/m,
        "import * as Type from 'typebox';",
      );
      return { contents, loader: 'ts' };
    });
  },
};

const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
await rm(DIST, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ENTRIES,
  outdir: DIST,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: '[name]-[hash]',
  external: ['better-sqlite3'],
  // Dependencies in CommonJS call `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module';const require = requireFor(import.meta.url);",
  },
  define: { MEERKAT_VERSION: JSON.stringify(version) },
  plugins: [typeboxByNamespace],
  minify: true,
  keepNames: true,
  legalComments: 'external',
  metafile: true,
  logLevel: 'warning',
});
await buildPage({ configFile: join(ROOT, 'web/vite.config.ts'), logLevel: 'warn' });
await cp(join(ROOT, 'web/dist'), join(DIST, 'web'), { recursive: true });
await writeFile(
  join(DIST, 'package.json'),
  `${JSON.stringify({ name: 'meerkat', version, type: 'module' }, null, 2)}\n`,
);
await chmod(join(DIST, 'meerkat.js'), 0o755);

for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
  if (path.endsWith('.js')) console.log(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${path}`);
}
