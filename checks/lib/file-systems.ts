/** The node's own file systems: which they are, what is left on them, and whether they can be written. */
import { posix } from 'node:path';
import type { FileSystemStats, HostFiles } from '../types.ts';
import { beforeDeadline } from './deadline.ts';
import { errorCode } from './system-error.ts';
import { isBelow, type Mount, mountOf, parseWritableFstab, readMounts, readOwnMounts } from './mounts.ts';
import { explainFailure, type Look } from './procfs.ts';

export interface FileSystem {
  readonly mountPoint: string;
  readonly type: string;
  /** Directories that a node cannot do without and that are here; empty for a file system of another use. */
  readonly holds: readonly string[];
  /** Undefined when it could not be looked at; then one of the next two says why. */
  readonly stats?: FileSystemStats;
  readonly whyUnseen?: string;
  /** The kernel itself says that it is gone. */
  readonly failure?: string;
  /** It should take writes and does not: what says that it should. */
  readonly readOnly?: string;
}

export interface Selection {
  /** Types of file systems; besides them an overlay that is the root. */
  readonly types: readonly string[];
  /** Mount points that are left out, with all below them. */
  readonly exclude: readonly string[];
  /** Directories that matter most, the most important first; those that do not exist are left aside. */
  readonly important: readonly string[];
}

/** What is remembered from one look to the next. */
export interface FileSystemMemory {
  /** `major:minor` of the file systems that were writable once. */
  readonly writable: Set<string>;
  /** Mount points whose statfs has not come back: asking again would cost another thread. */
  readonly pending: Set<string>;
}

/** Volumes of pods, whatever directory the kubelet works in: not the node's own, and gone with the pod. */
const POD_VOLUME = /\/kubelet\/(pods|plugins)\//;
/** Codes with which the kernel answers for a disk that is gone or a file system that it has shut down. */
const FAILED = new Set(['EIO', 'EUCLEAN', 'ESHUTDOWN', 'ENODEV', 'ENXIO']);
/** Sixteen are shown; of the others a problem is still worth knowing. */
const MAX_LOOKED_AT = 64;

/** Each local file system once, those that hold something important first. Refuses where nothing is to be found. */
export async function lookAtFileSystems(
  { host, signal }: { readonly host: HostFiles; readonly signal: AbortSignal },
  selection: Selection,
  memory: FileSystemMemory,
): Promise<Look<FileSystem[]>> {
  const table = await readMounts(host);
  if ('why' in table) return table;
  const own = await readOwnMounts(host);
  if ('why' in own) return own;
  const holdings = await findHoldings({ host, signal }, { table: table.value, own: own.value }, selection.important);
  const mounts = selectMounts(table.value, selection, holdings);
  if (mounts.length === 0) return { why: `the mount table has no file system of type ${selection.types.join(', ')}` };

  const readOnly = await findReadOnly(host, signal, table.value, mounts, memory);
  const found: FileSystem[] = [];
  for (const mount of mounts.slice(0, MAX_LOOKED_AT)) {
    const why = readOnly.get(mount);
    found.push({
      mountPoint: mount.mountPoint,
      type: mount.type,
      holds: holdings.get(mount.device) ?? [],
      ...(await readStats(host, signal, mount, own.value, memory)),
      ...(why !== undefined && { readOnly: why }),
    });
  }
  const rest = mounts.slice(MAX_LOOKED_AT).map(({ mountPoint, type }) => ({ mountPoint, type, holds: [] }));
  return { value: [...found, ...rest.map((one) => ({ ...one, whyUnseen: `only ${MAX_LOOKED_AT} are looked at` }))] };
}

interface Tables {
  /** The node's. */
  readonly table: readonly Mount[];
  /** This process's own. */
  readonly own: readonly Mount[];
}

/** The important directories by the device that they lie on. One that may not be looked at counts as being there. */
async function findHoldings(
  { host, signal }: { readonly host: HostFiles; readonly signal: AbortSignal },
  tables: Tables,
  important: readonly string[],
): Promise<Map<string | undefined, string[]>> {
  const existing: string[] = [];
  for (const path of important) {
    const isThere = isInTables(path, tables) || (await beforeDeadline(host.exists(path), signal).catch(() => true));
    if (isThere) existing.push(path);
  }
  return Map.groupBy(existing, (path) => mountOf(tables.table, path)?.device);
}

/**
 * The directory is there, also where it is not to be seen: it is a mount point of the node, or something from below it is
 * mounted for this process. Of a container the kubelet mounts `/etc/hosts` from its own directory, and the runtime
 * `/etc/resolv.conf` from its.
 */
function isInTables(path: string, { table, own }: Tables): boolean {
  const holder = mountOf(table, path);
  if (holder === undefined) return false;
  if (holder.mountPoint === path) return true;
  const inside = posix.join(holder.root, posix.relative(holder.mountPoint, path));
  return own.some(({ device, root }) => device === holder.device && isBelow(root, inside));
}

function selectMounts(
  table: readonly Mount[],
  { types, exclude, important }: Selection,
  holdings: ReadonlyMap<string | undefined, readonly string[]>,
): Mount[] {
  const local = table.filter(
    ({ type, mountPoint }) =>
      (types.includes(type) || (type === 'overlay' && mountPoint === '/')) &&
      !POD_VOLUME.test(mountPoint) &&
      !mountPoint.endsWith('//deleted') &&
      !exclude.some((directory) => isBelow(mountPoint, directory)),
  );
  const rank = ({ device }: Mount): number => {
    const first = important.findIndex((path) => holdings.get(device)?.includes(path));
    return first === -1 ? important.length : first;
  };
  // Of several mounts of one file system, that of its root is the real one, and the shortest path says most.
  const isPart = ({ root }: Mount): number => (root === '/' ? 0 : 1);
  const ordered = local.toSorted(
    (a, b) => rank(a) - rank(b) || isPart(a) - isPart(b) || a.mountPoint.length - b.mountPoint.length,
  );
  return [...Map.groupBy(ordered, ({ device }) => device).values()].flatMap((mounts) => mounts.slice(0, 1));
}

/** Which of them should take writes and do not, with what says so; remembers those that do. */
async function findReadOnly(
  host: HostFiles,
  signal: AbortSignal,
  table: readonly Mount[],
  mounts: readonly Mount[],
  memory: FileSystemMemory,
): Promise<Map<Mount, string>> {
  const devices = new Set(table.map(({ device }) => device));
  for (const device of memory.writable) if (!devices.has(device)) memory.writable.delete(device);
  const readOnly = mounts.filter(isReadOnly);
  for (const { device } of mounts.filter((mount) => !isReadOnly(mount))) memory.writable.add(device);
  if (readOnly.length === 0) return new Map();

  const fstab = await beforeDeadline(host.readText('/etc/fstab'), signal).catch(() => '');
  const wanted = parseWritableFstab(fstab);
  const explain = (mount: Mount): string | undefined => {
    if (mount.options.includes('emergency_ro')) return 'the kernel stopped all writes after an error';
    if (memory.writable.has(mount.device)) return 'it was writable before';
    const points = table.filter(({ device }) => device === mount.device).map(({ mountPoint }) => mountPoint);
    return points.some((point) => wanted.has(point)) ? '/etc/fstab wants it writable' : undefined;
  };
  return new Map(
    readOnly.flatMap((mount) => {
      const why = explain(mount);
      return why === undefined ? [] : [[mount, why] as const];
    }),
  );
}

/** ext4 since Linux 6.15 stays `rw` after an error and says `emergency_ro` besides; others turn to `ro`. */
const isReadOnly = ({ options }: Mount): boolean => options.includes('ro') || options.includes('emergency_ro');

type Figures = Pick<FileSystem, 'stats' | 'whyUnseen' | 'failure'>;

async function readStats(
  host: HostFiles,
  signal: AbortSignal,
  { mountPoint, device, options }: Mount,
  own: readonly Mount[],
  { pending }: FileSystemMemory,
): Promise<Figures> {
  if (options.includes('shutdown')) return { failure: 'the kernel has shut it down' };
  if (pending.has(mountPoint)) return { whyUnseen: 'an earlier look at it has not come back' };
  // Where the mount has not reached this process' own tree, statfs would speak of the directory under it.
  const located = host.locate(mountPoint);
  const isHere = mountOf(own, located)?.device === device;
  // Whatever is mounted of a file system, statfs(2) speaks of all of it.
  const part = isHere ? undefined : own.find((mount) => mount.device === device);
  if (!isHere && part === undefined) return { whyUnseen: `it is not mounted at ${located} for the agent` };
  pending.add(mountPoint);
  const asked = part === undefined ? host.statfs(mountPoint) : host.statfs(part.mountPoint, 'own');
  const answer = asked.finally(() => pending.delete(mountPoint));
  try {
    return { stats: await beforeDeadline(answer, signal) };
  } catch (error) {
    const code = errorCode(error) ?? '';
    return FAILED.has(code)
      ? { failure: `looking at it fails with ${code}` }
      : { whyUnseen: explainFailure(error, mountPoint) };
  }
}
