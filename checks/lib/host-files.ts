/**
 * The node's files as this process finds them. In a container the host's root, /proc and /sys are mounted elsewhere;
 * checks name the host's own paths all the same.
 */
import { readdir, stat, statfs } from 'node:fs/promises';
import { posix } from 'node:path';
import type { CheckClock, FileSystemStats, HostFiles } from '../types.ts';
import { createGate } from './gate.ts';
import { createFollow, isBelowProc, isKernelPath } from './host-links.ts';
import { createProcReader, readText } from './read-file.ts';
import { isMissing } from './system-error.ts';

/** Where this process finds what is the host's. */
export interface HostRoots {
  readonly root: string;
  readonly proc: string;
  readonly sys: string;
  /** Of its `/proc/1/mountinfo`; empty: below `proc`. */
  readonly mountTable: string;
}

const MOUNT_TABLE = '/proc/1/mountinfo';

const DEFAULT_MAX_BYTES = 1_048_576;
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
export function createHostFiles(clock: Pick<CheckClock, 'monotonic'>, roots: Partial<HostRoots> = {}): HostFiles {
  const { root = '/', proc = '/proc', sys = '/sys', mountTable = '' } = roots;
  const isWholeHost = posix.normalize(root) === '/';
  const gate = createGate(MAX_CONCURRENT, MAX_WAITING);
  const readProc = createProcReader();

  const locate = (path: string): string => {
    const absolute = posix.normalize(`/${path}`);
    if (absolute === MOUNT_TABLE && mountTable !== '') return mountTable;
    const kernelPath = /^\/(proc|sys)(\/.*)?$/.exec(absolute);
    if (kernelPath !== null) return posix.join(kernelPath[1] === 'proc' ? proc : sys, kernelPath[2] ?? '');
    return posix.join(root, absolute === '/' ? '' : absolute);
  };
  const follow = createFollow(clock, locate);
  const access = async <T>(path: string, work: (located: string) => Promise<T>): Promise<T> => {
    if (isKernelPath(path)) return await work(locate(path));
    return await gate(path, async () => await work(isWholeHost ? locate(path) : locate(await follow(path))));
  };
  return {
    readText: async (path, maxBytes = DEFAULT_MAX_BYTES) => {
      const read = isBelowProc(path) ? readProc : readText;
      return await access(path, async (located) => await read(located, maxBytes));
    },
    list: async (path) => await access(path, async (located) => await readdir(located)),
    exists: async (path) => {
      try {
        return await access(path, async (located) => (await stat(located)) !== undefined);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    statfs: async (path, tree = 'host') =>
      tree === 'own'
        ? await gate(path, async () => await readFileSystemStats(path))
        : await access(path, readFileSystemStats),
    locate,
  };
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
