/** Symbolic links of the host, whose root may be mounted elsewhere. */
import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { CheckClock } from '../types.ts';
import { errorCode, systemError } from './system-error.ts';

/** As in Linux (path_resolution(7)). */
const MAX_LINKS = 40;
/** How long a directory that is a link is taken for the same one, and one that is none for none. */
const LINK_KEPT_MS = 60_000;
const MAX_LINKS_KEPT = 256;

export const isBelowProc = (path: string): boolean => /^\/proc(\/|$)/.test(posix.normalize(`/${path}`));

/** Below /proc or /sys. */
export const isKernelPath = (path: string): boolean => /^\/(proc|sys)(\/|$)/.test(posix.normalize(`/${path}`));

/**
 * To the path without symbolic links, as the host would resolve it. What is missing is left as it is.
 *
 * @param locate where this process finds a path of the host
 */
export function createFollow(
  clock: Pick<CheckClock, 'monotonic'>,
  locate: (path: string) => string,
): (path: string) => Promise<string> {
  const known = new Map<string, { readonly target: string | undefined; readonly atMs: number }>();
  const targetOf = async (path: string, isLast: boolean): Promise<string | undefined> => {
    // The last one is what is asked for, and may be replaced at any time, as certificates are.
    if (isLast) return await readLink(locate(path));
    const kept = known.get(path);
    if (kept !== undefined && clock.monotonic() - kept.atMs < LINK_KEPT_MS) return kept.target;
    const target = await readLink(locate(path));
    if (known.size >= MAX_LINKS_KEPT) known.clear();
    known.set(path, { target, atMs: clock.monotonic() });
    return target;
  };
  return async (path) => {
    const pending = posix.normalize(`/${path}`).split('/').filter(Boolean);
    let resolved: string[] = [];
    let links = 0;
    while (pending.length > 0) {
      const name = pending.shift() ?? '';
      if (name === '..') resolved.pop();
      if (name === '' || name === '.' || name === '..') continue;
      const candidate = `/${[...resolved, name].join('/')}`;
      const target = isKernelPath(candidate) ? undefined : await targetOf(candidate, pending.length === 0);
      if (target === undefined) {
        resolved.push(name);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw systemError('ELOOP', `too many symbolic links in ${path}`);
      if (target.startsWith('/')) resolved = [];
      pending.unshift(...target.split('/'));
    }
    return `/${resolved.join('/')}`;
  };
}

async function readLink(located: string): Promise<string | undefined> {
  try {
    return await readlink(located);
  } catch (error) {
    // EINVAL is no link. Whatever else is wrong with the path, the access itself says it.
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
