import { count, percent } from './lib/figures.ts';
import { look, parseCount, parseLoadAverage } from './lib/procfs.ts';
import { gradeUsage, usageConfig } from './lib/usage.ts';
import { defineCheck, outcomeOf, type Problem, unknown } from './types.ts';

const PID_MAX = '/proc/sys/kernel/pid_max';
const THREADS_MAX = '/proc/sys/kernel/threads-max';

export const pids = defineCheck({
  id: 'pids',
  title: 'Process ids',
  description: [
    'Processes and threads that exist on the node (/proc/loadavg, the kernel’s own included) against the smaller of',
    'kernel.pid_max and kernel.threads-max. At the limit nothing can start: no container, no probe, no login.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  runsOn: 'every node',
  config: usageConfig,
  reasons: {
    PidsLow: {
      severity: 'warning',
      summary: 'Few process ids are left.',
      remedy:
        'Find what has the most threads with `ps -eo nlwp,pid,comm --sort=-nlwp | head`; limit pods with the kubelet’s podPidsLimit, or double the limit that the message names with `sysctl -w`.',
    },
    PidsExhausted: {
      severity: 'critical',
      summary: 'Process ids are running out: soon nothing can start.',
      remedy:
        'Double the limit at once with `sysctl -w kernel.pid_max=$((2 * $(sysctl -n kernel.pid_max)))`, or the same of kernel.threads-max where the message names that; then find what has the most threads with `ps -eo nlwp,pid,comm --sort=-nlwp | head`.',
    },
  },
  readings: {
    tasks_count: { title: 'Processes and threads' },
    tasks_limit_count: { title: 'Processes and threads allowed' },
    used_ratio: { title: 'Share of process ids in use' },
  },
  needs: [`/proc/loadavg, ${PID_MAX} and ${THREADS_MAX}; without one of them the check is unknown.`],
  run: async ({ host, config }) => {
    const load = await look(host, '/proc/loadavg', parseLoadAverage);
    if ('why' in load) return unknown(load.why);
    const pidMax = await look(host, PID_MAX, parseCount);
    if ('why' in pidMax) return unknown(pidMax.why);
    const threadsMax = await look(host, THREADS_MAX, parseCount);
    if ('why' in threadsMax) return unknown(threadsMax.why);

    const { tasks } = load.value;
    const limit = Math.min(pidMax.value, threadsMax.value);
    const ratio = limit === 0 ? 1 : tasks / limit;
    const grade = gradeUsage(ratio, config);
    const setting = pidMax.value <= threadsMax.value ? 'kernel.pid_max' : 'kernel.threads-max';
    const message = `${count(tasks)} processes and threads exist, ${percent(ratio)} of ${setting} = ${count(limit)}.`;
    const problems: Problem<'PidsLow' | 'PidsExhausted'>[] =
      grade === 'ok' ? [] : [{ reason: grade === 'critical' ? 'PidsExhausted' : 'PidsLow', message }];
    return outcomeOf(problems, [
      { name: 'tasks_count', value: tasks },
      { name: 'tasks_limit_count', value: limit },
      { name: 'used_ratio', value: ratio },
    ]);
  },
});
