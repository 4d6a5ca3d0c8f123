/** Symbolic links of the host, whose root may be mounted elsewhere. */
import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { CheckClock } from '../types.ts';
import { errorCode, systemError } from './system-error.ts';

/** As in Linux (path_resolution(7)). */
const MAX_LINKS = 40;
/** How long a directory is taken for one before it is looked at again: that it becomes a link is somebody's work. */
const DIRECTORY_KEPT_MS = 60_000;
const MAX_DIRECTORIES_KEPT = 256;

export const isBelowProc = (path: string): boolean => /^\/proc(\/|$)/.test(posix.normalize(`/${path}`));

/** Below /proc or /sys. */
export const isKernelPath = (path: string): boolean => /^\/(proc|sys)(\/|$)/.test(posix.normalize(`/${path}`));

/**
 * To the path without symbolic links, as the host would resolve it. What is missing is left as it is. Links are read each
 * time, for they are what is replaced.
 *
 * @param locate where this process finds a path of the host
 */
export function createFollow(
  clock: Pick<CheckClock, 'monotonic'>,
  locate: (path: string) => string,
): (path: string) => Promise<string> {
  /** When each was seen to be no link; monotonic ms. */
  const directories = new Map<string, number>();
  const lookAt = async (path: string): Promise<Component> => {
    const seenAt = directories.get(path);
    if (seenAt !== undefined && clock.monotonic() - seenAt < DIRECTORY_KEPT_MS) return { kind: 'no-link' };
    const component = await readComponent(locate(path));
    if (component.kind === 'no-link') {
      if (directories.size >= MAX_DIRECTORIES_KEPT) directories.clear();
      directories.set(path, clock.monotonic());
    }
    return component;
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
      const isLast = pending.length === 0;
      const component = isKernelPath(candidate)
        ? NO_LINK
        : await (isLast ? readComponent(locate(candidate)) : lookAt(candidate));
      if (component.kind !== 'link') {
        resolved.push(name);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw systemError('ELOOP', `too many symbolic links in ${path}`);
      if (component.target.startsWith('/')) resolved = [];
      pending.unshift(...component.target.split('/'));
    }
    return `/${resolved.join('/')}`;
  };
}

/** `unclear`: it is missing, or something is wrong with it. The access itself says what. */
type Component = { readonly kind: 'link'; readonly target: string } | { readonly kind: 'no-link' | 'unclear' };

const NO_LINK: Component = { kind: 'no-link' };

async function readComponent(located: string): Promise<Component> {
  try {
    return { kind: 'link', target: await readlink(located) };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return code === 'EINVAL' ? NO_LINK : { kind: 'unclear' };
  }
}
