import { count, percent } from './lib/figures.ts';
import { look } from './lib/procfs.ts';
import { gradeUsage, usageConfig } from './lib/usage.ts';
import { defineCheck, outcomeOf, type Problem, unknown } from './types.ts';

const FILE_NR = '/proc/sys/fs/file-nr';

export interface FileHandles {
  readonly open: number;
  readonly limit: number;
}

export const fileHandles = defineCheck({
  id: 'file-handles',
  title: 'File handles',
  description: [
    `Files and sockets that are open on the whole node against fs.file-max (${FILE_NR}). At the limit programs without`,
    'CAP_SYS_ADMIN can open nothing more. Limits of single processes (ulimit) are not looked at.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  runsOn: 'every node',
  config: usageConfig,
  reasons: {
    FileHandlesLow: {
      severity: 'warning',
      summary: 'Few file handles are left.',
      remedy:
        'Find who has the most open with `for p in /proc/[0-9]*; do echo "$(ls $p/fd | wc -l) $p"; done | sort -rn | head`; raise the limit with `sysctl -w fs.file-max=…`.',
    },
    FileHandlesExhausted: {
      severity: 'critical',
      summary: 'File handles are running out: soon programs can open neither files nor sockets.',
      remedy:
        'Raise the limit at once with `sysctl -w fs.file-max=…` (double it), then find who has the most open with `for p in /proc/[0-9]*; do echo "$(ls $p/fd | wc -l) $p"; done | sort -rn | head`.',
    },
  },
  readings: {
    open_count: { title: 'Open file handles' },
    used_ratio: { title: 'Share of file handles in use' },
  },
  needs: [`${FILE_NR}; without it the check is unknown.`],
  run: async ({ host, config }) => {
    const handles = await look(host, FILE_NR, parseFileHandles);
    if ('why' in handles) return unknown(handles.why);
    const { open, limit } = handles.value;
    const ratio = limit === 0 ? 1 : open / limit;
    const grade = gradeUsage(ratio, config);
    const message = `${count(open)} file handles are open, ${percent(ratio)} of fs.file-max = ${count(limit)}.`;
    const problems: Problem<'FileHandlesLow' | 'FileHandlesExhausted'>[] =
      grade === 'ok' ? [] : [{ reason: grade === 'critical' ? 'FileHandlesExhausted' : 'FileHandlesLow', message }];
    return outcomeOf(problems, [
      { name: 'open_count', value: open },
      { name: 'used_ratio', value: ratio },
    ]);
  },
});

/**
 * `557 0 2466177`: allocated, allocated but unused, limit. The limit may be 2^63 - 1, past what a double states
 * exactly; the share does not suffer.
 */
export function parseFileHandles(text: string): FileHandles | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(text);
  if (match === null) return undefined;
  return { open: Math.max(0, Number(match[1]) - Number(match[2])), limit: Number(match[3]) };
}
