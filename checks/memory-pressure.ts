import { Type } from 'typebox';
import { bytes, percent } from './lib/figures.ts';
import { type Pressure, readPressure } from './lib/pressure.ts';
import { look, type Meminfo, parseMeminfo } from './lib/procfs.ts';
import { defineCheck, outcomeOf, type Problem, type Reading, unknown } from './types.ts';

interface Memory {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly freeSwapBytes: number;
}

export const memoryPressure = defineCheck({
  id: 'memory-pressure',
  title: 'Memory',
  description: [
    'Memory that is available (MemAvailable: free, or caches that can be dropped) as a share of all memory that is not',
    'set aside for huge pages, together with the pressure that the kernel measures (/proc/pressure/memory). Little',
    'memory alone is no problem, a node may be well used: it is one when tasks also wait for memory. Running out is',
    'critical without further proof: less than 3 % and less than 4 GiB, free swap counted in. A kernel without pressure',
    'figures leaves only the second rule.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  windowMs: 60_000,
  runsOn: 'every node',
  config: Type.Object(
    {
      lowAvailableRatio: Type.Number({
        default: 0.1,
        minimum: 0,
        maximum: 1,
        description: 'Below this share of available memory, pressure is a warning.',
      }),
      warningStallRatio: Type.Number({
        default: 0.1,
        minimum: 0,
        maximum: 1,
        description: 'Pressure: the share of the last minute in which at least one task waited for memory.',
      }),
      criticalAvailableRatio: Type.Number({
        default: 0.03,
        minimum: 0,
        maximum: 1,
        description: 'Below this share of available memory and free swap, the node is about to run out.',
      }),
      plentyBytes: Type.Number({
        default: 4 * 1024 ** 3,
        minimum: 0,
        description: 'With so much available the node is not about to run out, whatever the share.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    MemoryPressure: {
      severity: 'warning',
      summary: 'Little memory is left and tasks wait for it.',
      remedy:
        'Find what takes it with `kubectl top pods -A --sort-by=memory` or `ps -eo rss,pid,comm --sort=-rss | head`; move pods away with `kubectl drain`, or set memory limits.',
    },
    OomImminent: {
      severity: 'critical',
      summary: 'Memory is running out: the kernel is about to kill processes.',
      remedy:
        'Find what takes it with `ps -eo rss,pid,comm --sort=-rss | head` and stop it; `dmesg | grep -i "out of memory"` says what was killed already.',
    },
  },
  readings: {
    available_bytes: { title: 'Memory available' },
    available_ratio: { title: 'Share of memory available', shared: true },
    stalled_some_ratio: { title: 'Time in which a task waited for memory, last minute', shared: true },
    stalled_full_ratio: { title: 'Time in which every task waited for memory, last minute' },
  },
  needs: [
    '/proc/meminfo; without it the check is unknown.',
    '/proc/pressure/memory (Linux 4.20, not started with psi=0); without it only running out is seen.',
  ],
  run: async ({ host, config }) => {
    const meminfo = await look(host, '/proc/meminfo', parseMeminfo);
    if ('why' in meminfo) return unknown(meminfo.why);
    const memory = memoryOf(meminfo.value);
    if (memory === undefined) return unknown('/proc/meminfo states no MemTotal or no MemAvailable (Linux 3.14)');
    const pressure = await readPressure(host, 'memory');

    const availableRatio = memory.availableBytes / memory.totalBytes;
    const headroomBytes = memory.availableBytes + memory.freeSwapBytes;
    const stalled = pressure?.some.over60 ?? 0;
    const left = `${bytes(memory.availableBytes)} of ${bytes(memory.totalBytes)} memory (${percent(availableRatio)}) is available`;
    const problems: Problem<'MemoryPressure' | 'OomImminent'>[] = [];
    if (headroomBytes < config.criticalAvailableRatio * memory.totalBytes && headroomBytes < config.plentyBytes) {
      problems.push({ reason: 'OomImminent', message: `${left}, and ${bytes(memory.freeSwapBytes)} of swap.` });
    } else if (availableRatio < config.lowAvailableRatio && stalled >= config.warningStallRatio) {
      problems.push({
        reason: 'MemoryPressure',
        message: `${left}, and tasks waited for memory in ${percent(stalled)} of the last minute.`,
      });
    }
    return outcomeOf(problems, readingsOf(memory, pressure));
  },
});

/** Huge pages are set aside for those who ask for them: neither used up nor there for anybody else. */
function memoryOf(meminfo: Meminfo): Memory | undefined {
  const total = meminfo.get('MemTotal');
  const available = meminfo.get('MemAvailable');
  const hugePages =
    meminfo.get('Hugetlb') ?? (meminfo.get('HugePages_Total') ?? 0) * (meminfo.get('Hugepagesize') ?? 0);
  if (total === undefined || available === undefined || total <= hugePages) return undefined;
  return {
    totalBytes: total - hugePages,
    availableBytes: available,
    freeSwapBytes: meminfo.get('SwapFree') ?? 0,
  };
}

function readingsOf(memory: Memory, pressure: Pressure | undefined): Reading[] {
  const readings = [
    { name: 'available_bytes', value: memory.availableBytes },
    { name: 'available_ratio', value: memory.availableBytes / memory.totalBytes },
  ];
  if (pressure !== undefined) readings.push({ name: 'stalled_some_ratio', value: pressure.some.over60 });
  if (pressure?.full !== undefined) readings.push({ name: 'stalled_full_ratio', value: pressure.full.over60 });
  return readings;
}
