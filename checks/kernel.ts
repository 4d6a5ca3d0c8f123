import { Type } from 'typebox';
import { type KernelLogged, LOG_MINUTES, loggedIn, namesOf, noteLog } from './lib/kernel/log-memory.ts';
import { type Seen, createKernelMemory, lookAtKernel } from './lib/kernel/look.ts';
import { count, enumerate } from './lib/figures.ts';
import { defineCheck, outcomeOf, type Problem, unknown } from './types.ts';

type Reason =
  | 'HungTasks'
  | 'KernelOops'
  | 'SoftLockup'
  | 'FilesystemErrors'
  | 'MemoryErrors'
  | 'RaidDegraded'
  | 'OutOfMemory';

/** An error that is older was seen to, or will not be. */
const ERROR_KNOWN_MS = 7 * 86_400_000;
export const kernel = defineCheck({
  id: 'kernel',
  title: 'Kernel and devices',
  description: [
    'What the kernel counts of its own troubles, by files that everybody may read: tasks that hang, its own crashes and',
    'lockups, errors of ext4 and btrfs, memory that cannot be corrected, arrays that lack a disk. A count that grew is told',
    'for ten minutes; an error of ext4 that the file system remembers for a week. Processes killed for want of memory are',
    'counted and no problem: most of them are a container’s at its own limit, of which `pods` tells. Where the kernel’s log is',
    'granted (/dev/kmsg), it tells which tasks hang, errors of XFS, and who was killed when the node itself ran out of memory,',
    'each for ten minutes. What was logged before the agent looked first is history; what was overwritten before it was read,',
    'as in a storm of messages, is counted in `lost_total`.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  runsOn: 'every node',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    HungTasks: {
      severity: 'warning',
      summary:
        'A task has waited for the kernel for two minutes: a disk, a network file system or a lock does not answer.',
      remedy:
        'See which and where with `dmesg -T | grep -A20 "blocked for more than"` and `ps -eo pid,stat,wchan:32,comm | grep " D"`.',
    },
    KernelOops: {
      severity: 'warning',
      summary: 'A part of the kernel crashed since the node was started: what it held may be locked for ever.',
      remedy: 'Read `dmesg -T | grep -A40 -iE "oops|BUG:|general protection"`, drain the node and restart it.',
    },
    SoftLockup: {
      severity: 'warning',
      summary:
        'A processor did nothing but one thing in the kernel for many seconds, or the hypervisor kept it from all.',
      remedy:
        'Read `dmesg -T | grep -A30 "soft lockup"`; on a virtual machine look at its steal time (`top`: st) and at its host.',
    },
    FilesystemErrors: {
      severity: 'warning',
      summary: 'A file system found itself damaged, or its disk failed to read or write.',
      remedy:
        'Read `dmesg -T | grep -iE "ext4|btrfs|i/o error"`, look at the disk with `smartctl -a`, drain the node, and repair the file system while it is not mounted (fsck; btrfs: `btrfs device stats MOUNT`).',
    },
    MemoryErrors: {
      severity: 'critical',
      summary: 'Memory returned what was not written to it, and it could not be corrected.',
      remedy: 'Drain the node. Find the module with `ras-mc-ctl --errors` or `edac-util -v`, and have it replaced.',
    },
    OutOfMemory: {
      severity: 'warning',
      summary: 'The node ran out of memory, and the kernel killed what it chose.',
      remedy:
        'Read `dmesg -T | grep -B30 "Out of memory"`, find what takes the memory with `ps -eo rss,pid,comm --sort=-rss | head`; set memory limits for pods, and reserve some for the system (kubelet: systemReserved, kubeReserved).',
    },
    RaidDegraded: {
      severity: 'warning',
      summary: 'An array of disks lacks one: the next one that fails may take the data along.',
      remedy: 'See which with `cat /proc/mdstat` and `mdadm --detail DEVICE`, and replace the disk.',
    },
  },
  readings: {
    oom_kills_total: { title: 'Processes killed for want of memory since the boot' },
    hung_tasks_total: { title: 'Tasks found hanging since the boot' },
    filesystem_errors_total: { title: 'Errors that a file system remembers' },
    corrected_memory_errors_total: { title: 'Errors of memory that were corrected since the boot' },
    uncorrected_memory_errors_total: { title: 'Errors of memory that could not be corrected since the boot' },
    lost_total: { title: 'Records of the kernel’s log that were overwritten before they were read' },
  },
  needs: [
    '/proc/vmstat and /proc/sys/kernel; without the first the check is unknown. /sys/fs, /sys/block and /sys/devices/system/edac where they are.',
    '/dev/kmsg, and where kernel.dmesg_restrict is 1 the capability SYSLOG, to know more; a container is granted the device only where it is privileged, or by a device plugin.',
  ],
  createState: createKernelMemory,
  run: async ({ host, state, clock, kernelLog }) => {
    noteLog(state.log, await kernelLog(), clock.monotonic());
    const look = await lookAtKernel(host, state, clock.monotonic());
    if ('why' in look) return unknown(look.why);
    const { seen, unseen } = look;
    const { lost } = state.log;
    const readings = [...look.readings, ...(lost === undefined ? [] : [{ name: 'lost_total', value: lost }])];
    const logged = loggedIn(state.log);
    const problems = [...seen.flatMap((one) => problemOf(one, clock.now(), logged)), ...onlyLogged(seen, logged)];
    return problems.length === 0 && unseen.length > 0
      ? unknown(`could not look: ${enumerate(unseen.slice(0, 3))}`, readings)
      : outcomeOf(problems, readings);
  },
});

const problem = (reason: Reason, message: string, subject?: string): Problem<Reason>[] => [
  { reason, message, ...(subject !== undefined && { subject }) },
];

/** What is counted; the log knows the names. */
function problemOf(seen: Seen, now: number, { hung }: KernelLogged): Problem<Reason>[] {
  switch (seen.kind) {
    case 'hung-tasks':
      return problem(
        'HungTasks',
        `The kernel found tasks that hung for two minutes and more ${several(seen.count, 'time')} within ${seen.minutes} min${hung.length === 0 ? '' : `: ${namesOf(hung)}`}.`,
      );
    case 'oops':
      return problem('KernelOops', 'The kernel is tainted by a crash of its own (D).');
    case 'soft-lockup':
      return problem('SoftLockup', `The kernel found a processor locked up within ${seen.minutes} min (tainted: L).`);
    case 'ext4-errors': {
      const ageMs = seen.lastAt === undefined ? 0 : now - seen.lastAt;
      if (ageMs > ERROR_KNOWN_MS) return [];
      const last =
        seen.lastAt === undefined
          ? ''
          : `, the last on ${new Date(seen.lastAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      return problem(
        'FilesystemErrors',
        `ext4 on ${seen.device} has recorded ${several(seen.count, 'error')}${last}.`,
        seen.device,
      );
    }
    case 'btrfs-errors':
      return problem(
        'FilesystemErrors',
        `btrfs counted ${several(seen.count, 'error')} on ${seen.device} within ${seen.minutes} min.`,
        seen.device,
      );
    case 'memory-errors':
      return problem(
        'MemoryErrors',
        `${seen.device} had ${several(seen.count, 'error')} that could not be corrected since the boot.`,
        seen.device,
      );
    case 'raid':
      return problem('RaidDegraded', `${seen.device} lacks ${several(seen.count, 'disk')}.`, seen.device);
    default:
      return seen satisfies never;
  }
}

/** What only the log tells. */
function onlyLogged(seen: readonly Seen[], { killed, hung, errors }: KernelLogged): Problem<Reason>[] {
  const within = `within ${LOG_MINUTES} min`;
  const known = new Set(seen.map(({ kind }) => kind));
  const counted = new Set(seen.flatMap((one) => (one.kind === 'ext4-errors' ? [one.device] : [])));
  const told = [...errors].filter(
    // Counts of btrfs are by its own names of devices.
    ([device, { type }]) => !counted.has(device) && !(type === 'btrfs' && known.has('btrfs-errors')),
  );
  return [
    ...(killed.length === 0
      ? []
      : problem('OutOfMemory', `The node ran out of memory, and the kernel killed ${namesOf(killed)} ${within}.`)),
    ...(hung.length === 0 || known.has('hung-tasks')
      ? []
      : problem('HungTasks', `The kernel found tasks that hung ${within}: ${namesOf(hung)}.`)),
    ...told.flatMap(([device, { type, what, times }]) =>
      problem(
        'FilesystemErrors',
        `${type} on ${device} told ${several(times, 'error')} ${within}, the last: ${what.replace(/\.$/, '')}.`,
        device,
      ),
    ),
  ];
}

/** `1 error`, `1,200 errors`. */
const several = (value: number, of: string): string => `${count(value)} ${of}${value === 1 ? '' : 's'}`;
