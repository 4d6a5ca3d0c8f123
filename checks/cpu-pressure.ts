import { Type } from 'typebox';
import { percent } from './lib/figures.ts';
import { readPressure } from './lib/pressure.ts';
import { type CpuTimes, look, parseCpuTimes, parseLoadAverage } from './lib/procfs.ts';
import { type CounterWindow, createCounterWindow } from './lib/window.ts';
import { defineCheck, outcomeOf, type Problem, type Reading, unknown } from './types.ts';

interface State {
  readonly times: CounterWindow<CpuTimes>;
}

const WINDOW_MS = 60_000;

export const cpuPressure = defineCheck({
  id: 'cpu-pressure',
  title: 'CPU',
  description: [
    'Whether work waits for the CPU much longer than a busy node makes it. All CPUs at 100 % with one or two tasks each',
    'is what a node is for. Saturated means both, over the last minute: a task waited for a CPU in 75 % of the time',
    '(/proc/pressure/cpu), and there were four tasks or more to each CPU (load average). Each alone misleads: throttled',
    'containers raise the first on idle CPUs, tasks that wait for a disk raise the second. Where the kernel states no',
    'pressure, CPUs busy for 95 % of the last minute (/proc/stat) stand in for it.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  windowMs: WINDOW_MS,
  runsOn: 'every node',
  config: Type.Object(
    {
      stallRatio: Type.Number({
        default: 0.75,
        minimum: 0,
        maximum: 1,
        description: 'The share of the last minute in which at least one task waited for a CPU.',
      }),
      busyRatio: Type.Number({
        default: 0.95,
        minimum: 0,
        maximum: 1,
        description: 'The share of the last minute in which the CPUs worked; where the kernel states no pressure.',
      }),
      loadPerCpu: Type.Number({
        default: 4,
        minimum: 0,
        description: 'Tasks to each CPU, averaged over the last minute, from which on a waiting node is saturated.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    CpuSaturated: {
      severity: 'warning',
      summary: 'There is far more work than the CPUs can do.',
      remedy:
        'Find what runs with `kubectl top pods -A --sort-by=cpu` or `ps -eo pcpu,pid,comm --sort=-pcpu | head`; move pods away, or set CPU requests so that the scheduler does.',
    },
  },
  readings: {
    load_per_cpu_ratio: { title: 'Tasks to each CPU, last minute', shared: true },
    busy_ratio: { title: 'Time in which the CPUs worked, last minute' },
    stalled_some_ratio: { title: 'Time in which a task waited for a CPU, last minute' },
  },
  needs: [
    '/proc/loadavg; without it the check is unknown.',
    '/proc/pressure/cpu (Linux 4.20, not started with psi=0), else /proc/stat; without both the check is unknown.',
  ],
  createState: (): State => ({ times: createCounterWindow(WINDOW_MS) }),
  run: async ({ host, config, state, clock, node }) => {
    const load = await look(host, '/proc/loadavg', parseLoadAverage);
    if ('why' in load) return unknown(load.why);
    const times = await look(host, '/proc/stat', parseCpuTimes);
    // What the agent's process may use can be less than what the node has.
    const cpus = 'value' in times ? times.value.cpus : Math.max(1, node.cpus);
    const loadPerCpu = load.value.load1 / cpus;
    const readings: Reading[] = [{ name: 'load_per_cpu_ratio', value: loadPerCpu }];
    const busy = 'value' in times ? busyRatio(state.times, clock.monotonic(), times.value) : undefined;
    if (busy !== undefined) readings.push({ name: 'busy_ratio', value: busy });
    const pressure = await readPressure(host, 'cpu');
    const stalled = pressure?.some.over60;
    if (stalled !== undefined) readings.push({ name: 'stalled_some_ratio', value: stalled });

    if (stalled === undefined && 'why' in times)
      return unknown(`the kernel states no pressure, and ${times.why}`, readings);
    if (stalled === undefined && busy === undefined) return unknown('not measured yet', readings);
    const isWaiting = stalled === undefined ? (busy ?? 0) >= config.busyRatio : stalled >= config.stallRatio;
    const problems: Problem<'CpuSaturated'>[] = [];
    if (isWaiting && loadPerCpu >= config.loadPerCpu) {
      const proof =
        stalled === undefined
          ? `the CPUs worked ${percent(busy ?? 0)} of the last minute`
          : `a task waited for a CPU in ${percent(stalled)} of the last minute`;
      problems.push({
        reason: 'CpuSaturated',
        message: `There are ${loadPerCpu.toFixed(1)} tasks to each of ${cpus} CPUs, and ${proof}.`,
      });
    }
    return outcomeOf(problems, readings);
  },
});

function busyRatio(window: CounterWindow<CpuTimes>, at: number, times: CpuTimes): number | undefined {
  const base = window.add(at, times)?.value;
  if (base === undefined || times.total <= base.total) return undefined;
  // The idle counter of a CPU that went offline and came back may run back a little.
  return Math.min(1, Math.max(0, 1 - (times.idle - base.idle) / (times.total - base.total)));
}
