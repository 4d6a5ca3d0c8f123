import { Type } from 'typebox';
import { beforeDeadline } from './lib/deadline.ts';
import { type DeviceActivity, readDevices } from './lib/devices.ts';
import { type DiskCounters } from './lib/disk-stats.ts';
import { enumerate, seconds } from './lib/figures.ts';
import { readPressure } from './lib/pressure.ts';
import { type CounterWindow, createCounterWindow, median } from './lib/window.ts';
import {
  defineCheck,
  type DiskSamples,
  type HostFiles,
  outcomeOf,
  type Problem,
  type Reading,
  unknown,
} from './types.ts';

type Reason = 'DiskSlow' | 'DiskStalled' | 'DeviceSlow';

interface State {
  readonly counters: CounterWindow<ReadonlyMap<string, DiskCounters>>;
  /** Directories of the cluster's components that are here. */
  watched: readonly string[];
  /** The newest sample that was seen, when it was looked at last (monotonic), and for how long it has been the newest. */
  newest?: { readonly at: number; readonly lookedAt: number; readonly silentMs: number };
  /** When it was last slow or stood still, monotonic ms. */
  badAt?: number;
}

const WATCHED = ['/var/lib/etcd', '/var/lib/kubelet'] as const;
const WINDOW_MS = 30_000;
const MIN_SAMPLES = 3;
/** About six samples should have come in this time. */
const SILENT_MS = 30_000;
const STALLED_MS = 5000;

export const diskLatency = defineCheck({
  id: 'disk-latency',
  title: 'Disk latency',
  description: [
    'How long the agent’s own small writes take to reach the disk (write and fdatasync in its data directory, about one',
    'every 5 s): slow when the median of the last 30 s is above 250 ms, stalled when one does not come back for 5 s.',
    'The devices under /var/lib/etcd and /var/lib/kubelet are watched without writing there: a device other than the',
    'agent’s own is slow when its requests take 500 ms on average over 30 s (/proc/diskstats), or none completes. The agent’s own device is',
    'judged by the writes alone, because a long queue of written-back data slows nobody who does not wait for it.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 3000,
  windowMs: 25_000,
  runsOn: 'every node',
  config: Type.Object(
    {
      slowSeconds: Type.Number({
        default: 0.25,
        exclusiveMinimum: 0,
        description: 'The disk is slow when the median of the last 30 s of writes takes longer.',
      }),
      deviceSlowSeconds: Type.Number({
        default: 0.5,
        exclusiveMinimum: 0,
        description: 'A device is slow when its requests take longer on average over 30 s.',
      }),
      deviceMinimumOperations: Type.Number({
        default: 10,
        minimum: 1,
        description: 'Fewer requests than this in 30 s say nothing about a device.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    DiskSlow: {
      severity: 'warning',
      summary: 'The disk takes long to acknowledge a write.',
      remedy:
        'Look at the device with `iostat -x 5` and at who writes with `pidstat -d 5` or `iotop -o`; on a cloud volume compare with its limits for operations and throughput; check its health with `smartctl -a`.',
    },
    DiskStalled: {
      severity: 'critical',
      summary: 'The disk does not acknowledge writes any more.',
      remedy:
        'Look for input and output errors and hung tasks with `dmesg -T | grep -iE "i/o error|blocked for|reset|timeout"`; check the volume’s attachment or the controller. Drain the node if it does not recover.',
    },
    DeviceSlow: {
      severity: 'warning',
      summary: 'A device that a component of the cluster writes to answers slowly.',
      remedy:
        'Look at it with `iostat -x 5` and at who writes with `pidstat -d 5`; give etcd a device of its own; on a cloud volume compare with its limits for operations and throughput.',
    },
  },
  readings: {
    fdatasync_median_seconds: { title: 'Write and fdatasync, median of 30 s', shared: true },
    fdatasync_max_seconds: { title: 'Write and fdatasync, slowest of 30 s' },
    stalled_some_ratio: { title: 'Time in which a task waited for a disk, last minute' },
    device_await_seconds: { title: 'Mean time of a device’s requests, 30 s' },
    device_busy_ratio: { title: 'Time in which a device had work, 30 s' },
  },
  needs: [
    'A data directory of the agent on a disk; without its measurements the check is unknown.',
    '/proc/1/mountinfo and /proc/diskstats; without them other devices are not watched.',
    '/proc/pressure/io (Linux 4.20, not started with psi=0); without it a reading is missing.',
  ],
  createState: (): State => ({ counters: createCounterWindow(WINDOW_MS), watched: [] }),
  run: async ({ host, config, state, clock, disk, signal }) => {
    const own = disk();
    const at = clock.monotonic();
    // A disk that hangs must not keep the check from saying so: then it asks it nothing.
    if (own.stalledForMs === 0) state.watched = (await findWatched(host, signal)) ?? state.watched;
    const devices = await readDevices(host, own.directory, state.watched, state.counters, at);
    const pressure = await readPressure(host, 'io');
    const recent = recentDurations(own);
    const middle = median(recent);
    const readings: Reading[] = [
      ...(middle === undefined ? [] : [{ name: 'fdatasync_median_seconds', value: middle / 1000 }]),
      ...(recent.length === 0 ? [] : [{ name: 'fdatasync_max_seconds', value: Math.max(...recent) / 1000 }]),
      ...(pressure === undefined ? [] : [{ name: 'stalled_some_ratio', value: pressure.some.over60 }]),
      ...devices.flatMap(deviceReadings),
    ];
    const problems: Problem<Reason>[] = devices
      .filter(({ isOwn }) => !isOwn)
      .flatMap((device) => judgeDevice(device, config.deviceSlowSeconds, config.deviceMinimumOperations));

    const isSlow = middle !== undefined && middle > config.slowSeconds * 1000;
    const doubt = own.stalledForMs >= STALLED_MS ? undefined : whyUnmeasured(own, state, at, isSlow);
    if (own.stalledForMs >= STALLED_MS || (doubt === undefined && isSlow)) state.badAt = at;
    if (own.stalledForMs >= STALLED_MS) {
      const message = `A write to ${own.directory} has not come back for ${seconds(own.stalledForMs)}${sharedWith(devices)}.`;
      problems.unshift({ reason: 'DiskStalled', subject: own.directory, message });
    } else if (doubt === undefined && isSlow) {
      const message = `Writes to ${own.directory} take ${seconds(middle)} (median of 30 s)${sharedWith(devices)}.`;
      problems.unshift({ reason: 'DiskSlow', subject: own.directory, message });
    }
    return problems.length === 0 && doubt !== undefined ? unknown(doubt, readings) : outcomeOf(problems, readings);
  },
});

/** Undefined when the disk does not answer or may not be looked at. */
async function findWatched(host: HostFiles, signal: AbortSignal): Promise<string[] | undefined> {
  const found: string[] = [];
  for (const path of WATCHED) {
    const exists = await beforeDeadline(host.exists(path), signal).catch(() => undefined);
    if (exists === undefined) return undefined;
    if (exists) found.push(path);
  }
  return found;
}

/** The samples of the last 30 s before the newest, in milliseconds; whose clock `at` is does not matter. */
function recentDurations({ samples }: DiskSamples): number[] {
  const newest = samples.at(-1)?.at ?? 0;
  return samples.filter(({ at }) => newest - at <= WINDOW_MS).map(({ durationMs }) => durationMs);
}

/**
 * Old samples prove nothing about now: they must go on coming. A few that took their time prove that the disk is slow where
 * they took most of it, for then there was no room for more, and where it was slow or stood still a moment ago.
 */
function whyUnmeasured(disk: DiskSamples, state: State, now: number, isSlow: boolean): string | undefined {
  if (disk.error !== undefined) return `writes to ${disk.directory} are not measured: ${disk.error}`;
  const at = disk.samples.at(-1)?.at;
  const recent = recentDurations(disk);
  const isBusy = recent.reduce((sum, one) => sum + one, 0) > WINDOW_MS / 2;
  const wasBad = now - (state.badAt ?? -Infinity) <= WINDOW_MS;
  if (at === undefined || (isSlow && recent.length < MIN_SAMPLES && !isBusy && !wasBad))
    return 'not measured often enough yet';
  const silentMs = measureSilence(state, at, now);
  return silentMs > SILENT_MS ? `writes to ${disk.directory} were not measured for ${seconds(silentMs)}` : undefined;
}

/** No look counts for more than the limit alone: after a pause of the agent the store gets its time to measure again. */
function measureSilence(state: State, at: number, now: number): number {
  const before = state.newest;
  const silentMs = before?.at === at ? before.silentMs + Math.min(now - before.lookedAt, SILENT_MS) : 0;
  state.newest = { at, lookedAt: now, silentMs };
  return silentMs;
}

function judgeDevice(device: DeviceActivity, slowSeconds: number, minOperations: number): Problem<Reason>[] {
  const { awaitMs = 0, operations = 0, isStuck = false } = device.activity ?? {};
  const isSlow = operations >= minOperations && awaitMs > slowSeconds * 1000;
  if (!isSlow && !isStuck) return [];
  const what = isStuck
    ? 'completed no request in 30 s although some wait'
    : `takes ${seconds(awaitMs)} for a request (mean of ${operations} in 30 s)`;
  const message = `${device.name}, which holds ${enumerate(device.directories)}, ${what}.`;
  return [{ reason: 'DeviceSlow', subject: device.name, message }];
}

function deviceReadings({ name, activity }: DeviceActivity): Reading[] {
  if (activity === undefined) return [];
  const readings = [{ name: 'device_busy_ratio', subject: name, value: activity.busyRatio }];
  if (activity.awaitMs !== undefined) {
    readings.push({ name: 'device_await_seconds', subject: name, value: activity.awaitMs / 1000 });
  }
  return readings;
}

function sharedWith(devices: readonly DeviceActivity[]): string {
  const directories = devices.find(({ isOwn }) => isOwn)?.directories ?? [];
  return directories.length === 0 ? '' : `; the same device holds ${enumerate(directories)}`;
}
