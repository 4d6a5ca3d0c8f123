/** The mount table. Format: proc(5), /proc/pid/mountinfo and fstab(5). */
import type { HostFiles } from '../types.ts';
import { linesOf, type Look, look } from './procfs.ts';

export interface Mount {
  /** Lasts as long as the mount, also when it is remounted with other options. */
  readonly id: string;
  /** `major:minor` of the file system; bind mounts share it. */
  readonly device: string;
  /** Which directory of the file system is mounted; `/` but for bind mounts and subvolumes. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  /** The device as it was named when it was mounted: `/dev/sda1`, a pool's data set. */
  readonly source: string;
  /** Options of the file system itself. Those of this one mount are left out: a read-only bind mount says nothing of it. */
  readonly options: readonly string[];
}

/** A node with thousands of pods' mounts has a table of some hundred KiB. */
const MAX_TABLE_BYTES = 4 * 1_048_576;

/** A line is `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`. Others are left out. */
export function parseMountInfo(text: string): Mount[] {
  return linesOf(text).flatMap((line) => {
    const [mount, fileSystem] = splitOnce(line, ' - ');
    const [id, , device, root, mountPoint] = mount.split(' ');
    const [type, source, options] = (fileSystem ?? '').split(' ');
    if (id === undefined || !/^\d+:\d+$/.test(device ?? '') || options === undefined) return [];
    return [
      {
        id,
        device: device ?? '',
        root: unescapePath(root ?? ''),
        mountPoint: unescapePath(mountPoint ?? ''),
        type: type ?? '',
        source: unescapePath(source ?? ''),
        options: options.split(','),
      },
    ];
  });
}

/**
 * The mounts of the node: those of process 1, or where it is hidden (`hidepid`) those of this process that lie below
 * the host's root. Where several lie on one mount point, only the last is to be seen.
 */
export async function readMounts(host: HostFiles): Promise<Look<Mount[]>> {
  const first = await look(host, '/proc/1/mountinfo', parseTable, MAX_TABLE_BYTES);
  if ('value' in first) return first;
  const own = await readOwnMounts(host);
  if ('why' in own) return first;
  const root = host.locate('/');
  const below = own.value.filter(({ mountPoint }) => isBelow(mountPoint, root));
  if (root === '/') return { value: below };
  return {
    value: below.map((mount) => ({ ...mount, mountPoint: mount.mountPoint.slice(root.length) || '/' })),
  };
}

/** The mounts as this process sees them; their mount points are its own paths. */
export async function readOwnMounts(host: HostFiles): Promise<Look<Mount[]>> {
  return await look(host, '/proc/self/mountinfo', parseTable, MAX_TABLE_BYTES);
}

/** The mount that holds the path: the one whose mount point is the longest beginning of it. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({ mountPoint }) => isBelow(path, mountPoint))
    .sort((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
}

export const isBelow = (path: string, directory: string): boolean =>
  directory === '/' || path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

/** Mount points that /etc/fstab wants to be writable. */
export function parseWritableFstab(text: string): Set<string> {
  const entries = linesOf(text)
    .map((line) => line.trim().split(/\s+/))
    .filter(([source]) => source?.startsWith('#') === false);
  return new Set(
    entries.flatMap(([, mountPoint, , options]) => {
      if (mountPoint?.startsWith('/') !== true) return [];
      const names = (options ?? 'defaults').split(',');
      return names.includes('ro') || names.includes('bind') ? [] : [unescapePath(mountPoint)];
    }),
  );
}

function parseTable(text: string): Mount[] | undefined {
  const mounts = parseMountInfo(text);
  if (mounts.length === 0) return undefined;
  const visible = new Map<string, Mount>();
  for (const mount of mounts) visible.set(mount.mountPoint, mount);
  return [...visible.values()];
}

/** Blanks, tabs, line feeds, backslashes and `#` stand as three octal digits. Bytes above 127 stand for themselves. */
const unescapePath = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
