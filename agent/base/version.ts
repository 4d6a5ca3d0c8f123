/** The version of this program. */
import { readFileSync } from 'node:fs';

/** Set by the bundler (tools/build.ts); a run from source has no such name. */
declare const MEERKAT_VERSION: string | undefined;

export const VERSION: string = typeof MEERKAT_VERSION === 'string' ? MEERKAT_VERSION : versionOfSource();

function versionOfSource(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}
