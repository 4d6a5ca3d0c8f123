import { Type } from 'typebox';
import { bytes, count, enumerate, percent } from './lib/figures.ts';
import { type FileSystem, type FileSystemMemory, lookAtFileSystems } from './lib/file-systems.ts';
import { defineCheck, type FileSystemStats, outcomeOf, type Problem, type Reading, unknown } from './types.ts';

type Reason =
  | 'DiskAlmostFull'
  | 'DiskFull'
  | 'InodesAlmostFull'
  | 'InodesFull'
  | 'FilesystemReadOnly'
  | 'FilesystemFailed';

interface Thresholds {
  readonly warningAvailableRatio: number;
  readonly criticalAvailableRatio: number;
  readonly plentyBytes: number;
  readonly warningInodesRatio: number;
  readonly criticalInodesRatio: number;
}

/** What a node cannot do without, besides the agent's own directory. */
const IMPORTANT = [
  '/var/lib/kubelet',
  '/var/lib/etcd',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/containers',
] as const;
/** The kubelet evicts pods by the share that is left here, however much that is. */
const EVICTING: readonly string[] = IMPORTANT.filter((path) => path !== '/var/lib/etcd');
const SHOWN = 16;
const WARNINGS: readonly Reason[] = ['DiskAlmostFull', 'InodesAlmostFull'];

const ratio = (default_: number, description: string) =>
  Type.Number({ default: default_, minimum: 0, maximum: 1, description });

/** Its own files are all that is big there: neither images nor logs, and whoever looks for what is big finds the log that it needs. */
const ETCD_DISK =
  'If it holds /var/lib/etcd delete nothing below `member/`: “A full disk of etcd” in docs/operations.md says what helps.';

export const diskSpace = defineCheck({
  id: 'disk-space',
  title: 'Disk space',
  description: [
    'Bytes and inodes that are left on every local file system, and whether it can still be written. A warning below',
    '10 %, critical below 5 %; with more than 100 GiB left neither, for the share of a large disk says little. The file',
    'system of the kubelet and of the container runtime is the exception: there the share alone is a warning, because',
    'the kubelet evicts pods by it (nodefs.available<10%, imagefs.available<15%, nodefs.inodesFree<5% by default).',
    'A file system that is read-only is a problem when it was writable since the agent started, when /etc/fstab wants',
    'it writable, or when the kernel made it so after an error. Network file systems are left out because they may',
    'hang, volumes of pods because they are not the node’s, bind mounts because they are the same file system again.',
    'Figures are kept of 16 file systems: first those with /, the agent’s data, the kubelet, etcd and the runtime.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 5000,
  runsOn: 'every node',
  config: Type.Object(
    {
      warningAvailableRatio: ratio(0.1, 'A warning below this share of available bytes.'),
      criticalAvailableRatio: ratio(0.05, 'Critical below this share of available bytes.'),
      plentyBytes: Type.Number({
        default: 100 * 1024 ** 3,
        minimum: 0,
        description: 'With so many bytes available the share is no problem.',
      }),
      warningInodesRatio: ratio(0.1, 'A warning below this share of free inodes.'),
      criticalInodesRatio: ratio(0.05, 'Critical below this share of free inodes.'),
      types: Type.Array(Type.String(), {
        default: ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'zfs', 'bcachefs'],
        description: 'Types of file systems that are looked at; of overlay only the root. Never name a network one.',
      }),
      exclude: Type.Array(Type.String(), {
        default: [],
        description: 'Mount points to leave out, with all below them.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    DiskAlmostFull: {
      severity: 'warning',
      summary: 'Little space is left on a file system.',
      remedy: `${ETCD_DISK} Else find what takes it with \`du -xh --max-depth=2 MOUNT | sort -h | tail -20\`; \`journalctl --vacuum-size=500M\` removes old logs, and \`crictl rmi --prune\` unused images: not where images were imported by hand.`,
    },
    DiskFull: {
      severity: 'critical',
      summary: 'A file system is full, or will be soon: writes fail.',
      remedy: `${ETCD_DISK} Else free space now: \`journalctl --vacuum-size=200M\`, and \`crictl rmi --prune\`, but not where images were imported by hand; then find what takes it with \`du -xh --max-depth=2 MOUNT | sort -h | tail -20\` (deleted but open files: \`lsof +L1\`).`,
    },
    InodesAlmostFull: {
      severity: 'warning',
      summary: 'Few inodes are left on a file system.',
      remedy: 'Find where the many small files are with `du -x --inodes MOUNT | sort -n | tail -20`.',
    },
    InodesFull: {
      severity: 'critical',
      summary: 'A file system runs out of inodes: no file can be made, although bytes are left.',
      remedy: 'Find where the many small files are with `du -x --inodes MOUNT | sort -n | tail -20`, and remove them.',
    },
    FilesystemReadOnly: {
      severity: 'critical',
      summary: 'A file system that was writable takes no writes any more.',
      remedy:
        'Look for the error with `dmesg -T | grep -iE "ext4|xfs|btrfs|i/o error|remount"`. Drain the node, check the disk with `smartctl -a` and the file system with fsck while it is not mounted. If it was made read-only on purpose, restart the agent.',
    },
    FilesystemFailed: {
      severity: 'critical',
      summary: 'The kernel gave a file system up, or its disk is gone.',
      remedy:
        'Look for the error with `dmesg -T | grep -iE "xfs|ext4|btrfs|i/o error|offline"`. Drain the node; check the disk or volume and its attachment, then the file system with fsck or xfs_repair while it is not mounted.',
    },
  },
  readings: {
    available_bytes: { title: 'Bytes available' },
    available_ratio: { title: 'Share of bytes available' },
    free_inodes_ratio: { title: 'Share of inodes free' },
    lowest_available_ratio: { title: 'Share of bytes available on the fullest file system', shared: true },
    not_looked_at_count: { title: 'File systems that could not be looked at' },
  },
  needs: [
    '/proc/1/mountinfo, else /proc/self/mountinfo; without both the check is unknown.',
    'In a container: the host’s root, mounted with HostToContainer propagation, or at least something of each file system, as the container has of the kubelet’s and the runtime’s by itself. What is not to be seen there is counted in not_looked_at_count, and the check is unknown when it is the file system of /, of the agent, the kubelet, etcd or the runtime.',
  ],
  createState: (): FileSystemMemory => ({ writable: new Set(), pending: new Set() }),
  run: async ({ host, config, state, disk, signal }) => {
    const important = ['/', disk().directory, ...IMPORTANT];
    const look = await lookAtFileSystems({ host, signal }, { ...config, important }, state);
    if ('why' in look) return unknown(look.why);
    const unseen = look.value.filter(({ whyUnseen }) => whyUnseen !== undefined);
    const seen = look.value.flatMap(({ mountPoint, stats }) => (stats === undefined ? [] : [{ mountPoint, stats }]));
    const readings: Reading[] = [
      ...seen.slice(0, SHOWN).flatMap(({ mountPoint, stats }) => readingsOf(mountPoint, stats)),
      { name: 'not_looked_at_count', value: unseen.length },
    ];
    if (seen.length > 0) {
      const lowest = Math.min(...seen.map(({ stats }) => availableRatio(stats)));
      readings.push({ name: 'lowest_available_ratio', value: lowest });
    }
    const problems = look.value.flatMap((one) => [...judgeWrites(one), ...judgeRoom(one, config)]);
    if (problems.length > 0) {
      const isWarning = ({ reason }: Problem<Reason>): number => Number(WARNINGS.includes(reason));
      return outcomeOf(
        problems.sort((a, b) => isWarning(a) - isWarning(b)),
        readings,
      );
    }
    const missing = seen.length === 0 ? unseen : unseen.filter(({ holds }) => holds.length > 0);
    if (missing.length === 0) return outcomeOf([], readings);
    const whys = missing.slice(0, 3).map(({ mountPoint, whyUnseen }) => `${mountPoint}: ${whyUnseen}`);
    return unknown(`could not look at ${whys.join('; ')}`, readings);
  },
});

function judgeWrites({ mountPoint, holds, failure, readOnly }: FileSystem): Problem<Reason>[] {
  const tail = holding(mountPoint, holds);
  if (failure !== undefined) {
    return [{ reason: 'FilesystemFailed', subject: mountPoint, message: `${mountPoint} is lost: ${failure}${tail}.` }];
  }
  if (readOnly === undefined) return [];
  const message = `${mountPoint} is read-only, but ${readOnly}${tail}.`;
  return [{ reason: 'FilesystemReadOnly', subject: mountPoint, message }];
}

function judgeRoom({ mountPoint, holds, stats }: FileSystem, limits: Thresholds): Problem<Reason>[] {
  if (stats === undefined) return [];
  const problems: Problem<Reason>[] = [];
  const tail = holding(mountPoint, holds);
  const room = gradeRoom(stats, holds, limits);
  if (room !== 'ok') {
    const left = `${bytes(stats.availableBytes)} of ${bytes(stats.totalBytes)} (${percent(availableRatio(stats))})`;
    problems.push({
      reason: room === 'critical' ? 'DiskFull' : 'DiskAlmostFull',
      subject: mountPoint,
      message: `${mountPoint} has ${left} available${tail}.`,
    });
  }
  const inodes = gradeInodes(stats, limits);
  if (inodes !== 'ok') {
    const left = `${count(stats.freeInodes)} of ${count(stats.totalInodes)} inodes (${percent(inodesRatio(stats))})`;
    problems.push({
      reason: inodes === 'critical' ? 'InodesFull' : 'InodesAlmostFull',
      subject: mountPoint,
      message: `${mountPoint} has ${left} free${tail}.`,
    });
  }
  return problems;
}

type Grade = 'ok' | 'warning' | 'critical';

function gradeRoom(stats: FileSystemStats, holds: readonly string[], limits: Thresholds): Grade {
  const available = availableRatio(stats);
  const isPlenty = stats.availableBytes > limits.plentyBytes;
  if (available < limits.criticalAvailableRatio && !isPlenty) return 'critical';
  const countsByShare = holds.some((path) => EVICTING.includes(path));
  return available < limits.warningAvailableRatio && (countsByShare || !isPlenty) ? 'warning' : 'ok';
}

function gradeInodes(stats: FileSystemStats, limits: Thresholds): Grade {
  const free = inodesRatio(stats);
  if (free < limits.criticalInodesRatio) return 'critical';
  return free < limits.warningInodesRatio ? 'warning' : 'ok';
}

const availableRatio = ({ availableBytes, totalBytes }: FileSystemStats): number =>
  totalBytes === 0 ? 1 : availableBytes / totalBytes;

/** File systems that make inodes as they need them (btrfs) state none at all. */
const inodesRatio = ({ freeInodes, totalInodes }: FileSystemStats): number =>
  totalInodes === 0 ? 1 : freeInodes / totalInodes;

/** `; it holds /var/lib/kubelet and /var/lib/etcd`, unless that is its own mount point. */
function holding(mountPoint: string, holds: readonly string[]): string {
  const others = holds.filter((path) => path !== mountPoint);
  return others.length === 0 ? '' : `; it holds ${enumerate(others)}`;
}

function readingsOf(subject: string, stats: FileSystemStats): Reading[] {
  const readings = [
    { name: 'available_bytes', subject, value: stats.availableBytes },
    { name: 'available_ratio', subject, value: availableRatio(stats) },
  ];
  if (stats.totalInodes > 0) readings.push({ name: 'free_inodes_ratio', subject, value: inodesRatio(stats) });
  return readings;
}
