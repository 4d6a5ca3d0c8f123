/** What an agent costs while nothing happens: CPU, memory, traffic, connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Usage, sumUsage, usageOf } from '../lib/process.ts';
import { type Figure, median } from '../lib/table.ts';
import { type Context, type Row, loadNote, nameOf } from './context.ts';
import type { Fleet } from './fleet.ts';

const MIB = 1024 * 1024;
/** What the rows before left behind is over. Nobody asks the agents anything from here on. */
const CALM_MS = 10_000;

export const idle: Row = {
  id: 'idle',
  async run(context) {
    const { fleet, plan, signal } = context;
    // The author of events runs a check.
    const names = fleet.names.filter((name) => name !== fleet.author);
    await sleep(CALM_MS, undefined, { signal });
    const processes = new Map(names.map((name) => [name, fleet.processes(name)]));
    const before = await readings(fleet, processes);
    const began = performance.now();
    await sleep(plan.idleSeconds * 1000, undefined, { signal });
    const seconds = (performance.now() - began) / 1000;
    const after = await readings(fleet, processes);
    const own = (name: string): Usage => after.get(name)?.own ?? sumUsage([]);
    const all = (name: string): Usage => after.get(name)?.all ?? sumUsage([]);
    const spent = (name: string): number => all(name).cpuSeconds - (before.get(name)?.all.cpuSeconds ?? 0);
    const spentAlone = (name: string): number => own(name).cpuSeconds - (before.get(name)?.own.cpuSeconds ?? 0);
    const count = Math.max(...[...processes.values()].map((pids) => pids.length));
    const whole = count > 1 ? ', all its processes' : '';
    const figures: Spread[] = [
      { what: `idle CPU${whole}`, of: (name) => (spent(name) / seconds) * 100, unit: '% of a core', target: '<= 0.6' },
      ...(count > 1
        ? [
            {
              what: 'idle CPU, agent process',
              of: (name: string) => (spentAlone(name) / seconds) * 100,
              unit: '% of a core',
            },
          ]
        : []),
      { what: 'idle RSS, agent process', of: (name) => own(name).rssBytes / MIB, unit: 'MiB', target: '<= 128' },
      ...(count > 1 ? [{ what: `idle RSS${whole}`, of: (name: string) => all(name).rssBytes / MIB, unit: 'MiB' }] : []),
      { what: `idle PSS${whole}`, of: (name) => all(name).pssBytes / MIB, unit: 'MiB' },
    ];
    const rates = fleet.site.faults === undefined ? [] : ratesOf(before, after, seconds);
    const how = `median agent of ${names.length}, ${Math.round(seconds)} s, ${count} processes an agent`;
    return [...figures, ...rates].map((one) => spreadFigure(context, names, one, how));
  },
};

interface Reading {
  readonly own: Usage;
  readonly all: Usage;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly connections: number;
}

interface Spread {
  readonly what: string;
  readonly of: (name: string) => number;
  readonly unit: string;
  readonly target?: string;
}

function ratesOf(before: ReadonlyMap<string, Reading>, after: ReadonlyMap<string, Reading>, seconds: number): Spread[] {
  const rate = (name: string, of: (reading: Reading) => number): number => {
    const [first, second] = [before.get(name), after.get(name)];
    return first === undefined || second === undefined ? Number.NaN : (of(second) - of(first)) / seconds;
  };
  return [
    {
      what: 'idle traffic sent',
      of: (name) => rate(name, ({ sentBytes }) => sentBytes),
      unit: 'B/s',
      target: '<= 4096',
    },
    { what: 'idle packets sent', of: (name) => rate(name, ({ sentPackets }) => sentPackets), unit: '/s' },
    { what: 'connections', of: (name) => after.get(name)?.connections ?? Number.NaN, unit: '', target: '<= 16' },
  ];
}

function spreadFigure(
  { fleet }: Context,
  names: readonly string[],
  { what, of, unit, target }: Spread,
  how: string,
): Figure {
  const values = names.map(of);
  const round = (value: number): string => String(Number(value.toPrecision(3)));
  return {
    what: nameOf(fleet, what),
    value: median(values),
    unit,
    ...(target !== undefined && fleet.product.name === 'meerkat' && { target }),
    note: `${how}; ${round(Math.min(...values))} to ${round(Math.max(...values))}; ${loadNote()}`,
  };
}

async function readings(
  fleet: Fleet,
  processes: ReadonlyMap<string, readonly number[]>,
): Promise<ReadonlyMap<string, Reading>> {
  const entries = [...processes].map(async ([name, pids]): Promise<[string, Reading]> => {
    const usages = pids.map(usageOf);
    return [name, { own: sumUsage(usages.slice(0, 1)), all: sumUsage(usages), ...(await networkOf(fleet, name)) }];
  });
  return new Map(await Promise.all(entries));
}

async function networkOf(
  fleet: Fleet,
  name: string,
): Promise<Pick<Reading, 'sentBytes' | 'sentPackets' | 'connections'>> {
  const place = fleet.site.places.find((one) => one.name === name);
  if (place === undefined || fleet.site.faults === undefined)
    return { sentBytes: Number.NaN, sentPackets: Number.NaN, connections: Number.NaN };
  const counter = async (file: string): Promise<number> =>
    Number(await place.read(`/sys/class/net/eth0/statistics/${file}`));
  const [sentBytes, sentPackets, sockets] = await Promise.all([
    counter('tx_bytes'),
    counter('tx_packets'),
    place.read('/proc/net/tcp'),
  ]);
  return { sentBytes, sentPackets, connections: connectionsOf(sockets, fleet.product.port) };
}

/** Established ones with the agents' port at either end, by proc_net_tcp(5): `sl local remote st …`, hexadecimal. */
function connectionsOf(table: string, port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter(([, local, remote, state]) => state === '01' && [local, remote].some((one) => one?.endsWith(end)))
    .length;
}
