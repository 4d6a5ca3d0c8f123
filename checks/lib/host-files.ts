/**
 * The node's files as this process finds them. In a container the host's root, /proc and /sys are mounted elsewhere;
 * checks name the host's own paths all the same.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readlink, stat, statfs } from 'node:fs/promises';
import { posix } from 'node:path';
import type { FileSystemStats, HostFiles } from '../types.ts';
import { createGate } from './gate.ts';
import { errorCode, isMissing, systemError } from './system-error.ts';

/** Where this process finds the host's `/`, `/proc` and `/sys`. */
export interface HostRoots {
  readonly root: string;
  readonly proc: string;
  readonly sys: string;
}

const DEFAULT_MAX_BYTES = 1_048_576;
/** As in Linux (path_resolution(7)). */
const MAX_LINKS = 40;
/**
 * Accesses to a dead disk never come back, and each keeps one of the four threads that Node has for files. Two may be
 * lost to it: /proc and /sys stay readable.
 */
const MAX_CONCURRENT = 2;
const MAX_WAITING = 64;

/**
 * Paths below /proc and /sys go to `proc` and `sys`, all others below `root`; `..` never leads out. Symbolic links are
 * followed as the host follows them: an absolute one starts at the host's root. `locate` cannot look and maps the path
 * as it is written, so name a socket by its real path (`/run/…`, not `/var/run/…`). Reads are cut at `maxBytes`. When
 * the host's disk does not answer, accesses wait, and beyond 64 waiting ones they are refused with EBUSY.
 */
export function createHostFiles(roots: Partial<HostRoots> = {}): HostFiles {
  const { root = '/', proc = '/proc', sys = '/sys' } = roots;
  const isWholeHost = posix.normalize(root) === '/';
  const gate = createGate(MAX_CONCURRENT, MAX_WAITING);

  const locate = (path: string): string => {
    const absolute = posix.normalize(`/${path}`);
    const kernelPath = /^\/(proc|sys)(\/.*)?$/.exec(absolute);
    if (kernelPath !== null) return posix.join(kernelPath[1] === 'proc' ? proc : sys, kernelPath[2] ?? '');
    return posix.join(root, absolute === '/' ? '' : absolute);
  };
  const access = async <T>(path: string, work: (located: string) => Promise<T>): Promise<T> => {
    if (isKernelPath(path)) return await work(locate(path));
    return await gate(path, async () => await work(isWholeHost ? locate(path) : locate(await follow(path, locate))));
  };
  return {
    readText: async (path, maxBytes = DEFAULT_MAX_BYTES) =>
      await access(path, async (located) => await readBounded(located, maxBytes)),
    list: async (path) => await access(path, async (located) => await readdir(located)),
    exists: async (path) => {
      try {
        return await access(path, async (located) => (await stat(located)) !== undefined);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    statfs: async (path) => await access(path, readFileSystemStats),
    locate,
  };
}

const isKernelPath = (path: string): boolean => /^\/(proc|sys)(\/|$)/.test(posix.normalize(`/${path}`));

/** The path without symbolic links, as the host would resolve it. What is missing is left as it is. */
async function follow(path: string, locate: (path: string) => string): Promise<string> {
  const pending = posix.normalize(`/${path}`).split('/').filter(Boolean);
  let resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.shift() ?? '';
    if (name === '..') resolved.pop();
    if (name === '' || name === '.' || name === '..') continue;
    const candidate = `/${[...resolved, name].join('/')}`;
    const target = isKernelPath(candidate) ? undefined : await readLink(locate(candidate));
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

/** O_NONBLOCK, because opening a FIFO that nobody writes to would otherwise never return. */
async function readBounded(located: string, maxBytes: number): Promise<string> {
  const file = await open(located, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    return (await readUpTo(file, maxBytes)).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Files of /proc state no size, so the end is where a read yields nothing. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < maxBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(65_536, maxBytes - size));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(chunks, size);
}

/** Products of two 64-bit counters: past 2^53 they lose their last digits, which nobody reads. */
async function readFileSystemStats(located: string): Promise<FileSystemStats> {
  const stats = await statfs(located, { bigint: true });
  return {
    totalBytes: Number(stats.blocks * stats.bsize),
    freeBytes: Number(stats.bfree * stats.bsize),
    availableBytes: Number(stats.bavail * stats.bsize),
    totalInodes: Number(stats.files),
    freeInodes: Number(stats.ffree),
  };
}
