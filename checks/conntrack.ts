import { Type } from 'typebox';
import { parseCpuStatistics, sumOf } from './lib/cpu-statistics.ts';
import { count, percent } from './lib/figures.ts';
import { look, parseCount } from './lib/procfs.ts';
import { gradeUsage, usageConfig } from './lib/usage.ts';
import { type CounterWindow, createCounterWindow, growth32 } from './lib/window.ts';
import { defineCheck, outcomeOf, type Problem, type Reading, unknown } from './types.ts';

/** Totals over all CPUs since the boot, each of 32 bits. */
export interface ConntrackCounters {
  /** Packets dropped for want of an entry, or because another packet made the same entry first. */
  readonly drop: number;
  /** Half-open connections whose entry gave way because the table was full. */
  readonly earlyDrop: number;
  /** Packets that came second with the same entry; those that could not be saved are in `drop` too. */
  readonly insertFailed: number;
}

interface State {
  readonly counters: CounterWindow<ConntrackCounters>;
}

const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const STATISTICS = '/proc/net/stat/nf_conntrack';
const WINDOW_MS = 60_000;

export const conntrack = defineCheck({
  id: 'conntrack',
  title: 'Connection tracking',
  description: [
    'Entries in the kernel’s connection table against its limit, and what the kernel dropped because the table was full',
    `(drop and early_drop in ${STATISTICS}, over the last minute; it sees a burst between two runs). Insertions that`,
    'failed because two packets made the same entry at once are everyday with DNS over UDP: a reading and no problem.',
    'The table is that of the agent’s network namespace, which is the node’s own. A limit of 0 means none.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  runsOn: 'every node',
  config: Type.Object(
    {
      ...usageConfig.properties,
      droppedPerMinute: Type.Number({
        default: 10,
        minimum: 0,
        description: 'More packets and half-open connections than this, dropped within a minute, are a problem.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    ConntrackNearlyFull: {
      severity: 'warning',
      summary: 'The connection table fills up.',
      remedy:
        "Raise the limit with `sysctl -w net.netfilter.nf_conntrack_max=…` (or kube-proxy’s conntrack.maxPerCore); `conntrack -L | sed 's/^[^=]*\\(src=[^ ]* dst=[^ ]*\\).*/\\1/' | sort | uniq -c | sort -n | tail` shows between whom the connections are that fill it.",
    },
    ConntrackFull: {
      severity: 'critical',
      summary: 'The connection table is full: new connections fail.',
      remedy:
        'Double the limit at once with `sysctl -w net.netfilter.nf_conntrack_max=$((2 * $(sysctl -n net.netfilter.nf_conntrack_max)))`, then find what opens so many connections with `conntrack -L`.',
    },
    ConntrackDropping: {
      severity: 'warning',
      summary: 'The kernel drops packets or half-open connections for want of room in the connection table.',
      remedy:
        'Raise the limit with `sysctl -w net.netfilter.nf_conntrack_max=…`; `conntrack -S` shows whether drop and early_drop still grow.',
    },
  },
  readings: {
    entries_count: { title: 'Tracked connections' },
    used_ratio: { title: 'Share of the connection table in use' },
    dropped_per_minute_count: { title: 'Packets and half-open connections dropped for want of room, a minute' },
    insert_failed_per_minute_count: { title: 'Insertions that failed, a minute' },
  },
  needs: [
    `${COUNT} and ${MAX}; without them (conntrack is not loaded) the check is unknown.`,
    `${STATISTICS} (CONFIG_NF_CONNTRACK_PROCFS); without it drops are not seen.`,
  ],
  createState: (): State => ({ counters: createCounterWindow(WINDOW_MS) }),
  run: async ({ host, config, state, clock }) => {
    const entries = await look(host, COUNT, parseCount);
    if ('why' in entries) {
      return unknown(entries.isMissing === true ? `${entries.why}: connection tracking is not loaded` : entries.why);
    }
    const limit = await look(host, MAX, parseCount);
    if ('why' in limit) return unknown(limit.why);
    const ratio = limit.value === 0 ? 0 : entries.value / limit.value;
    const readings: Reading[] = [
      { name: 'entries_count', value: entries.value },
      { name: 'used_ratio', value: ratio },
    ];
    const problems: Problem<'ConntrackNearlyFull' | 'ConntrackFull' | 'ConntrackDropping'>[] = [];
    const grade = gradeUsage(ratio, config);
    if (grade !== 'ok') {
      problems.push({
        reason: grade === 'critical' ? 'ConntrackFull' : 'ConntrackNearlyFull',
        message: `${count(entries.value)} connections are tracked, ${percent(ratio)} of nf_conntrack_max = ${count(limit.value)}.`,
      });
    }
    const counters = await look(host, STATISTICS, parseConntrackStatistics);
    const rates = 'value' in counters ? ratesOf(state.counters, clock.monotonic(), counters.value) : undefined;
    if (rates !== undefined) {
      readings.push(
        { name: 'dropped_per_minute_count', value: rates.dropped },
        { name: 'insert_failed_per_minute_count', value: rates.insertFailed },
      );
      if (rates.dropped > config.droppedPerMinute) {
        problems.push({
          reason: 'ConntrackDropping',
          message: `The kernel dropped ${count(rates.dropped)} packets or half-open connections within a minute for want of room.`,
        });
      }
    }
    return outcomeOf(problems, readings);
  },
});

export function parseConntrackStatistics(text: string): ConntrackCounters | undefined {
  const valuesOf = parseCpuStatistics(text, ['drop', 'early_drop', 'insert_failed']);
  return (
    valuesOf && {
      drop: sumOf(valuesOf('drop')),
      earlyDrop: sumOf(valuesOf('early_drop')),
      insertFailed: sumOf(valuesOf('insert_failed')),
    }
  );
}

/**
 * Per minute. A packet that came second with the same entry counts in `insert_failed` and, when it could not be saved,
 * in `drop` as well (Linux' nf_conntrack_core.c), so what `drop` grew by besides was for want of room.
 */
function ratesOf(
  window: CounterWindow<ConntrackCounters>,
  at: number,
  counters: ConntrackCounters,
): { dropped: number; insertFailed: number } | undefined {
  const base = window.add(at, counters);
  if (base === undefined || at <= base.at) return undefined;
  const minutes = Math.max(1, (at - base.at) / 60_000);
  const insertFailed = growth32(base.value.insertFailed, counters.insertFailed);
  const lacking = Math.max(0, growth32(base.value.drop, counters.drop) - insertFailed);
  return {
    dropped: (lacking + growth32(base.value.earlyDrop, counters.earlyDrop)) / minutes,
    insertFailed: insertFailed / minutes,
  };
}
