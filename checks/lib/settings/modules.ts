/** Which modules the kernel has. Formats: proc(5), modules.builtin(5). */
import type { HostFiles } from '../../types.ts';
import { readIfThere } from '../if-there.ts';

/** `unknown`: it is not loaded, and what is built in cannot be read. */
export type ModuleState = 'there' | 'missing' | 'unknown';

/** In all lists `-` and `_` are the same; the kernel writes `_`. */
const normal = (name: string): string => name.replaceAll('-', '_');
const RELEASE = /^[\w.+~-]+$/;
const MAX_BYTES = 1_048_576;

/** Answers for each name. Rejects where something is there and cannot be read. */
export async function findModules(
  host: HostFiles,
  names: readonly string[],
): Promise<ReadonlyMap<string, ModuleState>> {
  const loaded = new Set(((await host.readText('/proc/modules', MAX_BYTES)).match(/^\S+/gm) ?? []).map(normal));
  const states = new Map<string, ModuleState>();
  let builtIn: ReadonlySet<string> | undefined | 'unread' = 'unread';
  for (const name of names) {
    // Those that are built in have a directory there only where they have parameters.
    const isThere = loaded.has(normal(name)) || (await host.exists(`/sys/module/${normal(name)}`));
    if (!isThere && builtIn === 'unread') builtIn = await readBuiltIn(host);
    const isBuiltIn = builtIn !== 'unread' && builtIn?.has(normal(name)) === true;
    states.set(name, isThere || isBuiltIn ? 'there' : builtIn === undefined ? 'unknown' : 'missing');
  }
  return states;
}

/** `kernel/fs/overlayfs/overlay.ko`, a line each. Undefined: there is no list of this kernel. */
async function readBuiltIn(host: HostFiles): Promise<ReadonlySet<string> | undefined> {
  const release = ((await readIfThere(host, '/proc/sys/kernel/osrelease')) ?? '').trim();
  if (!RELEASE.test(release)) return undefined;
  for (const directory of ['/lib/modules', '/usr/lib/modules']) {
    const text = await readIfThere(host, `${directory}/${release}/modules.builtin`);
    if (text !== undefined)
      return new Set([...text.matchAll(/([^/\n]+)\.ko(?:\.\w+)?$/gm)].map(([, name = '']) => normal(name)));
  }
  return undefined;
}
