/** The bundled program as another version of it: nothing differs but what it says of itself. */
import { cpSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundle } from '../../../tools/build/bundle.ts';
import { BUNDLE } from '../../../tools/build/run.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface OtherVersion {
  /** To be removed. */
  readonly directory: string;
  /** Path, as {@link BUNDLE}. */
  readonly program: string;
}

export async function bundleAs(version: string): Promise<OtherVersion> {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-version-'));
  const dist = join(directory, 'dist');
  await bundle(dist, version);
  cpSync(join(dirname(BUNDLE), 'web'), join(dist, 'web'), { recursive: true });
  writeFileSync(join(dist, 'package.json'), JSON.stringify({ name: 'meerkat', version, type: 'module' }));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return { directory, program: join(dist, 'meerkat.js') };
}
