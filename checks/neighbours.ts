import { Type } from 'typebox';
import { parseCpuStatistics, sumOf } from './lib/cpu-statistics.ts';
import { count } from './lib/figures.ts';
import { look } from './lib/procfs.ts';
import { type CounterWindow, createCounterWindow } from './lib/window.ts';
import { absent, defineCheck, outcomeOf, type Problem, type Reading, unknown } from './types.ts';

interface NeighbourStatistics {
  /** In the table now, those of all network namespaces. */
  readonly entries: number;
  /** How often there was no room for another one, since the boot. */
  readonly overflows: number;
}

interface State {
  /** By family. */
  readonly overflows: Readonly<Record<Family, CounterWindow<number>>>;
}

const TABLES = { IPv4: '/proc/net/stat/arp_cache', IPv6: '/proc/net/stat/ndisc_cache' } as const;
type Family = keyof typeof TABLES;
const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
const WINDOW_MS = 60_000;

export const neighbours = defineCheck({
  id: 'neighbours',
  title: 'Neighbour table',
  description: [
    'How often the kernel had no room in its table of neighbours (ARP and NDP; gc_thresh3) within the last minute:',
    `table_fulls in ${TABLES.IPv4} and ${TABLES.IPv6}. Each time a packet to an address that was not in the table is lost,`,
    'so that new connections to some pods or nodes fail and others go on. The table is one for the node and all of its pods.',
    'How full it is is no problem: entries that nobody needs are thrown out when there is no room. A node that is itself a',
    'container has no such files, and the check is absent.',
  ].join(' '),
  intervalMs: 30_000,
  timeoutMs: 3000,
  runsOn: 'every node',
  config: Type.Object(
    {
      overflowsPerMinute: Type.Number({
        default: 10,
        minimum: 0,
        description: 'More addresses than this that found no room within a minute are a problem.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    NeighbourTableFull: {
      severity: 'warning',
      summary: 'The kernel’s table of neighbours is full: addresses that are not in it are not reached.',
      remedy:
        "Double the limit at once: `sysctl -w net.ipv4.neigh.default.gc_thresh3=$((2 * $(sysctl -n net.ipv4.neigh.default.gc_thresh3)))`, for IPv6 net.ipv6, and keep it in /etc/sysctl.d. `ip neigh show nud all | awk '{print $3}' | sort | uniq -c` counts the node’s own by interface; those of pods are in their namespaces.",
    },
  },
  readings: {
    entries_count: { title: 'Neighbours in the table' },
    overflows_per_minute_count: { title: 'Addresses that found no room, a minute' },
  },
  needs: [
    `${TABLES.IPv4}, and ${TABLES.IPv6} where there is IPv6: only in the machine’s own network namespace, and with table_fulls from Linux 4.3 on.`,
  ],
  createState: (): State => ({
    overflows: { IPv4: createCounterWindow(WINDOW_MS), IPv6: createCounterWindow(WINDOW_MS) },
  }),
  run: async ({ host, config, state, clock }) => {
    const readings: Reading[] = [];
    const problems: Problem<'NeighbourTableFull'>[] = [];
    for (const family of FAMILIES) {
      const found = await look(host, TABLES[family], parseNeighbourStatistics);
      if ('why' in found) {
        // A node without IPv6 has no table for it.
        if (found.isMissing === true && family === 'IPv6') continue;
        if (found.isMissing !== true) return unknown(found.why);
        return absent(`${found.why}: the kernel counts neighbours in the machine’s own network namespace`);
      }
      const { entries, overflows } = found.value;
      readings.push({ name: 'entries_count', subject: family, value: entries });
      const perMinute = growthPerMinute(state.overflows[family], clock.monotonic(), overflows);
      if (perMinute === undefined) continue;
      readings.push({ name: 'overflows_per_minute_count', subject: family, value: perMinute });
      if (perMinute <= config.overflowsPerMinute) continue;
      problems.push({
        reason: 'NeighbourTableFull',
        subject: family,
        message: `${count(perMinute)} addresses of ${family} found no room within a minute in the table of neighbours, which has ${count(entries)}.`,
      });
    }
    return outcomeOf(problems, readings);
  },
});

/** Linux' neigh_stat_seq_show: the line of each CPU repeats the entries of all. */
export function parseNeighbourStatistics(text: string): NeighbourStatistics | undefined {
  const valuesOf = parseCpuStatistics(text, ['entries', 'table_fulls']);
  return valuesOf && { entries: valuesOf('entries')[0] ?? 0, overflows: sumOf(valuesOf('table_fulls')) };
}

/** Undefined at first, and after a pause. Of a CPU that went away the count goes along, which is no growth. */
function growthPerMinute(window: CounterWindow<number>, at: number, overflows: number): number | undefined {
  const base = window.add(at, overflows);
  if (base === undefined || at <= base.at) return undefined;
  return Math.max(0, overflows - base.value) / Math.max(1, (at - base.at) / 60_000);
}
