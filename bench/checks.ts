/**
 * What all checks of a worker, and of a master, cost: an agent with all checks beside one with none, as they ship, in one
 * mesh and at the same time. Their store and the runtime probe are part of each. What there is to look at is real: kubelet,
 * kube-proxy, containerd, DNS, and on the master etcd, API server, scheduler and controller manager; what is missing here
 * is said. Needs root and the bundle.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiNode } from '../agent/http/contract.ts';
import type { LabHost, LabProcess } from '../test/lab/lib/lab/types.ts';
import { type Role, type Site, createSite } from './checks/site.ts';
import { type Figure, quantile } from './lib/table.ts';
import { BUNDLE } from '../tools/build/run.ts';

/** Of a core, in percent. */
const BOUND: Readonly<Record<Role, number>> = { worker: 0.5, master: 1 };
const BOUND_KIB_PER_MINUTE = 64;
/** Until the checks have found what they look at, and code is compiled. */
const WARM_UP_MS = 90_000;
const WINDOW_MS = 10_000;
const KIB = 1024;

export async function run(seconds: number): Promise<readonly Figure[]> {
  if (!existsSync(BUNDLE)) throw new Error('There is no bundle: run `npm run build` first.');
  const figures: Figure[] = [];
  for (const role of ['worker', 'master'] as const) {
    const site = await createSite(role);
    try {
      figures.push(...(await measure(role, site, seconds)));
    } finally {
      await site.remove();
    }
  }
  return figures;
}

/** Since the process started. */
interface Usage {
  readonly cpuSeconds: number;
  readonly writtenBytes: number;
  readonly filesBytes: number;
}

async function measure(role: Role, { on, off, host, missing }: Site, seconds: number): Promise<Figure[]> {
  for (const what of missing) console.log(`${role}: without ${what}`);
  await sleep(Math.min(WARM_UP_MS, Math.max(30_000, seconds * 1000)));
  const directories = [host.directory, host.directory.replace(/\/on$/, '/off')] as const;
  const read = (): readonly [Usage, Usage] => [usageOf(on, directories[0]), usageOf(off, directories[1])];
  const samples: { readonly atMs: number; readonly usages: readonly [Usage, Usage] }[] = [];
  const note = (): number => samples.push({ atMs: performance.now(), usages: read() });
  note();
  for (let count = 0; count < Math.round((seconds * 1000) / WINDOW_MS); count += 1) {
    await sleep(WINDOW_MS);
    note();
  }
  console.log(`${role}: ${await sightOf(host)}`);
  return figuresOf(role, samples);
}

function figuresOf(
  role: Role,
  samples: readonly { readonly atMs: number; readonly usages: readonly [Usage, Usage] }[],
): Figure[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2) throw new Error('nothing was measured');
  const seconds = (last.atMs - first.atMs) / 1000;
  const grown = (agent: 0 | 1, of: keyof Usage): number => last.usages[agent][of] - first.usages[agent][of];
  const percent = (agent: 0 | 1): number => (100 * grown(agent, 'cpuSeconds')) / seconds;
  const perMinute = (agent: 0 | 1, of: keyof Usage): number => (grown(agent, of) / KIB / seconds) * 60;
  const windows = samples.slice(1).map(({ atMs, usages: [on, off] }, index) => {
    const { atMs: from, usages } = samples[index] ?? first;
    const spent = on.cpuSeconds - usages[0].cpuSeconds - (off.cpuSeconds - usages[1].cpuSeconds);
    return (100_000 * spent) / (atMs - from);
  });
  const both = (one: number, other: number, unit: string): string =>
    `${one.toFixed(2)} ${unit} with all checks, ${other.toFixed(2)} without`;
  const spread = `windows of 10 s: ${quantile(windows, 0.1).toFixed(2)} to ${quantile(windows, 0.9).toFixed(2)}`;
  const note = `${Math.round(seconds)} s, load ${loadavg()[0]?.toFixed(1)}`;
  return [
    {
      what: `${role}: CPU of all checks`,
      value: percent(0) - percent(1),
      unit: '% of a core',
      target: `<= ${BOUND[role]}`,
      note: `${both(percent(0), percent(1), '%')}; ${spread}; ${note}`,
    },
    {
      what: `${role}: written for all checks`,
      value: perMinute(0, 'writtenBytes') - perMinute(1, 'writtenBytes'),
      unit: 'KiB/min',
      target: `<= ${BOUND_KIB_PER_MINUTE}`,
      note: `write_bytes of all processes: ${both(perMinute(0, 'writtenBytes'), perMinute(1, 'writtenBytes'), 'KiB/min')}`,
    },
    {
      what: `${role}: growth of the store's files`,
      value: perMinute(0, 'filesBytes') - perMinute(1, 'filesBytes'),
      unit: 'KiB/min',
      note: both(perMinute(0, 'filesBytes'), perMinute(1, 'filesBytes'), 'KiB/min'),
    },
  ];
}

/** Of an agent with its store and its runtime probe. */
function usageOf(agent: LabProcess, directory: string): Usage {
  const { cpuSeconds, pids } = agent.usage();
  const writtenBytes = pids.reduce((sum, pid) => sum + writtenBy(pid), 0);
  const files = readdirSync(directory).filter((name) => /^(history|status)\./.test(name));
  const filesBytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  return { cpuSeconds, writtenBytes, filesBytes };
}

function writtenBy(pid: number): number {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** What the checks say, so that nobody takes a check that looks at nothing for a cheap one. */
async function sightOf(host: LabHost): Promise<string> {
  const { checks } = await host.json<ApiNode>(`/api/v1/nodes/${host.name}`);
  return [...Map.groupBy(checks, ({ status }) => status)]
    .map(
      ([status, those]) =>
        `${status}: ${those.map(({ check, why }) => (why === undefined ? check : `${check} (${why})`)).join(', ')}`,
    )
    .join('; ');
}
