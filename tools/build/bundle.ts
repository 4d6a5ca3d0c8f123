/** The program in a few files: every command is a chunk of its own, so that `meerkat health` loads little. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Metafile, type Plugin, build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** Programs of their own: the command line, and what the agent starts as processes and threads beside itself. */
const ENTRIES = {
  meerkat: 'agent/main.ts',
  'store-process': 'agent/store/child.ts',
  'log-worker': 'agent/workloads/logs/worker.ts',
};

export interface Bundle {
  readonly version: string;
  /** What is in which file, and who imports whom. */
  readonly metafile: Metafile;
}

/**
 * Bundles into `directory`; without one nothing is written.
 *
 * @param asVersion what it calls itself; default: what package.json says
 */
export async function bundle(directory?: string, asVersion?: string): Promise<Bundle> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const version = asVersion ?? manifest.version;
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: directory ?? join(ROOT, 'dist'),
    write: directory !== undefined,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: '[name]-[hash]',
    // A native module.
    external: ['better-sqlite3'],
    plugins: [lazyBuiltins],
    // Dependencies in CommonJS call `require`, which an ES module does not have.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module';const require = requireFor(import.meta.url);",
    },
    define: { MEERKAT_VERSION: JSON.stringify(version) },
    // Shorter identifiers would need `keepNames` for readable stacks, which costs more time and memory than it saves.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'external',
    metafile: true,
    logLevel: 'warning',
    // A name that a module does not export is undefined when it runs.
    logOverride: { 'import-is-undefined': 'error' },
  });
  return { version, metafile };
}

/**
 * An ES module's import of a builtin reads every one of its exports, and some of them load much more: `node:http` alone
 * brings 14 MiB of a client that nobody here uses. Asked for as an object, a builtin reads only what is used.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(building) {
    building.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** The sources that are loaded to run one source file: its own chunk and all that this imports statically. */
export function loadedWith(metafile: Metafile, source: string): Set<string> {
  const start = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === source);
  const chunks = new Set(start === undefined ? [] : [start]);
  // A set may grow while it is walked.
  for (const chunk of chunks) {
    for (const { path, kind } of metafile.outputs[chunk]?.imports ?? []) {
      if (kind === 'import-statement' && path in metafile.outputs) chunks.add(path);
    }
  }
  return new Set([...chunks].flatMap((chunk) => Object.keys(metafile.outputs[chunk]?.inputs ?? {})));
}
