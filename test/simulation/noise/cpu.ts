/**
 * Tasks and processors: cpu-pressure, and the tasks of pids.
 *
 * - All CPUs full with up to twelve tasks each for up to 50 s: the load average comes far above its limit and the share
 *   of time in which tasks wait to 70 % of 75 %.
 * - Throttled containers for half an hour: tasks wait for 98 % of the time, with up to 3.6 tasks to each CPU of 4.
 * - Tasks that wait for a disk: up to 16 to each CPU, which wait for a CPU for 65 % of the time.
 * - Between 30 and 79 % of all process ids in use, and more than 95 % for a moment now and then.
 */
import { type Noise, CALM_MS } from './noise.ts';
import { MINUTE, type Part, SECOND, pressureText } from './part.ts';

export interface Cpu extends Part {
  /** From now on: tasks that want each CPU, and the share of time in which one waits. */
  pin(tasksPerCpu: number, waiting: number): void;
  /** From now on this share of all process ids is in use. */
  fork(usedRatio: number): void;
}

interface Leg {
  readonly endMs: number;
  readonly tasksPerCpu: number;
  /** Share of the time in which one of them waits for a CPU. */
  readonly waiting: number;
  /** Share of the time in which a CPU works: tasks that wait for a disk do not need one. */
  readonly busy: number;
}

const CPUS = 4;
/** How the kernel averages both over the last minute. */
const AVERAGED_MS = MINUTE;
/** Legs of trouble are so far apart that what each leaves in the averages is gone. */
const CALM_LEG_MS = [4 * MINUTE, 30 * MINUTE] as const;
const PID_MAX = 32_768;
const TICKS_PER_MS = 0.1;

export function createCpu(noise: Noise, hasPressure: boolean): Cpu {
  const [usedPids, isPidPeak] = [noise.wander(0.3, 0.79), noise.singles()(0.01)];
  let forcedPids: number | undefined;
  let pinned: Omit<Leg, 'endMs'> | undefined;
  let leg: Leg = { endMs: CALM_MS, tasksPerCpu: 0.5, waiting: 0.05, busy: 0.4 };
  let isCalm = true;
  let [atMs, load, waited, busyMs] = [0, 0.5, 0.05, 0];
  const nextLeg = (): Leg => {
    isCalm = !isCalm;
    return isCalm ? calmLeg(noise, leg.endMs) : troubleLeg(noise, leg.endMs);
  };
  const pass = (toMs: number): void => {
    const { tasksPerCpu, waiting, busy } = pinned ?? leg;
    const keep = Math.exp(-(toMs - atMs) / AVERAGED_MS);
    load = tasksPerCpu + (load - tasksPerCpu) * keep;
    waited = waiting + (waited - waiting) * keep;
    busyMs += (toMs - atMs) * busy;
    atMs = toMs;
  };
  const follow = (): void => {
    while (noise.now() >= leg.endMs) {
      pass(leg.endMs);
      leg = nextLeg();
    }
    pass(noise.now());
  };
  const loadavg = (): string => {
    follow();
    const used = forcedPids ?? (isPidPeak() ? 0.97 : usedPids());
    const all = (load * CPUS).toFixed(2);
    return `${all} ${all} ${all} 3/${Math.round(used * PID_MAX)} 4711\n`;
  };
  const stat = (): string => {
    follow();
    const [work, all] = [busyMs, atMs].map((ms) => Math.round(ms * CPUS * TICKS_PER_MS)) as [number, number];
    const each = Array.from({ length: CPUS }, (_, index) => `cpu${index} 1 0 0 1 0 0 0 0 0 0\n`).join('');
    return `cpu  ${work} 0 0 ${all - work} 0 0 0 0 0 0\n${each}`;
  };
  return {
    files: {
      '/proc/loadavg': loadavg,
      '/proc/stat': stat,
      '/proc/sys/kernel/pid_max': `${PID_MAX}\n`,
      '/proc/sys/kernel/threads-max': '254313\n',
      ...(hasPressure && {
        '/proc/pressure/cpu': () => {
          follow();
          return pressureText(waited, 0);
        },
      }),
    },
    pin(tasksPerCpu, waiting) {
      follow();
      pinned = { tasksPerCpu, waiting, busy: Math.min(1, tasksPerCpu) };
    },
    fork: (usedRatio) => (forcedPids = usedRatio),
  };
}

const calmLeg = ({ between }: Noise, from: number): Leg => ({
  endMs: from + between(...CALM_LEG_MS),
  tasksPerCpu: between(0.1, 1.5),
  waiting: between(0, 0.2),
  busy: between(0.1, 0.6),
});

function troubleLeg({ between, random }: Noise, from: number): Leg {
  const legs: readonly [lastsMs: number, leg: Omit<Leg, 'endMs'>][] = [
    [between(30, 50) * SECOND, { tasksPerCpu: between(6, 12), waiting: 1, busy: 1 }],
    [30 * MINUTE, { tasksPerCpu: between(0.5, 3.6), waiting: 0.98, busy: between(0.5, 1) }],
    [10 * MINUTE, { tasksPerCpu: between(6, 16), waiting: between(0.3, 0.65), busy: between(0.3, 0.9) }],
  ];
  const [lastsMs, leg] = random.pick(legs);
  return { endMs: from + lastsMs, ...leg };
}
