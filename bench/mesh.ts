/**
 * Meshes of real agents in hosts of a lab, and Serf beside them where it is installed: how fast every survivor says what
 * happened, who is accused wrongly, and what an idle agent costs. Checks are off.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './lib/table.ts';
import { BOUND_MS, type Context, PLAN, QUICK_PLAN, type Row, loadNote, nameOf } from './mesh/context.ts';
import { type Fleet, type Product, createFleet } from './mesh/fleet.ts';
import { createMeerkat } from './mesh/meerkat.ts';
import { idle } from './mesh/row-idle.ts';
import { event, frozen, loss } from './mesh/rows-calm.ts';
import { killed, partition, silent } from './mesh/rows-lost.ts';
import { createSerf, serfVersion } from './mesh/serf.ts';
import { type Site, createSite } from './mesh/site.ts';
import { saysAllAlive, untilEachSays } from './mesh/watch.ts';
import { BUNDLE } from '../tools/build/run.ts';

export interface MeshOptions {
  /** A third of the time: fewer rounds, 8 agents. */
  readonly quick: boolean;
  /** Ids of rows. Empty: all. */
  readonly only: readonly string[];
  /** Sizes of meshes. Empty: 8 and 32, or 8 where it is to be quick. */
  readonly agents: readonly number[];
  /** `meerkat`, `serf`; empty: both. */
  readonly products: readonly string[];
}

const ROWS: readonly Row[] = [idle, event, killed, silent, partition, frozen, loss];
/** More than this machine's cores bear easily: only what is worth knowing of so many, and everything takes its time. */
const MANY = 48;
const ROWS_OF_MANY: readonly Row[] = [idle, event, killed, silent];
const READY_BOUND_MS = 300_000;
/** Agents without checks with their store processes, and what the lab takes. */
const MIB_AN_AGENT = 160;
const MIB_FOR_THE_REST = 512;

export async function run(options: MeshOptions): Promise<readonly Figure[]> {
  if (!existsSync(BUNDLE)) throw new Error('There is no bundle: run `npm run build` first.');
  const unknown = options.only.filter((id) => !ROWS.some((row) => row.id === id));
  if (unknown.length > 0)
    throw new Error(`There is no row ${unknown.join(', ')}. There are: ${ROWS.map(({ id }) => id).join(', ')}.`);
  const sizes = options.agents.length > 0 ? options.agents : options.quick ? [8] : [8, 32];
  checkMemory(Math.max(...sizes));
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const figures: Figure[] = [];
    for (const size of sizes) figures.push(...(await measureSize(size, sizes, options, abort.signal)));
    return figures;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    console.error('Interrupted: everything that was started has been stopped.');
    process.exitCode = 130;
    return [];
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function measureSize(
  size: number,
  sizes: readonly number[],
  options: MeshOptions,
  signal: AbortSignal,
): Promise<Figure[]> {
  const names = Array.from({ length: size }, (_, index) => `m${index + 1}`);
  const site = await createSite(names);
  console.error(`${size} agents: ${site.description}`);
  const rows = rowsFor(size, sizes, options, site);
  const figures: Figure[] = [];
  try {
    for (const make of makersOf(site, options)) {
      const fleet = createFleet(await make(), site);
      try {
        figures.push(...(await measureFleet({ fleet, plan: options.quick ? QUICK_PLAN : PLAN, signal }, rows)));
      } finally {
        await fleet.stop();
      }
    }
    return figures;
  } finally {
    await site.remove();
  }
}

function makersOf(site: Site, { products }: MeshOptions): (() => Promise<Product>)[] {
  const isWanted = (name: string): boolean => products.length === 0 || products.includes(name);
  const version = isWanted('serf') ? serfVersion() : undefined;
  if (isWanted('serf') && version === undefined) console.error('Serf is left out: it is not installed.');
  return [
    ...(isWanted('meerkat') ? [() => createMeerkat(site)] : []),
    ...(version === undefined ? [] : [async () => createSerf(site, version)]),
  ];
}

/** A cut is measured in the smallest mesh, what has to leave the healthy alone in the largest that is not too large. */
function rowsFor(size: number, sizes: readonly number[], { only }: MeshOptions, site: Site): readonly Row[] {
  const bearable = sizes.filter((one) => one <= MANY);
  const wanted = ROWS.filter(({ id }) => only.length === 0 || only.includes(id)).filter((row) => {
    if (size > MANY) return ROWS_OF_MANY.includes(row);
    if (row === partition) return size === Math.min(...bearable);
    return row === frozen || row === loss ? size === Math.max(...bearable) : true;
  });
  const possible = wanted.filter(({ needsFaults }) => needsFaults !== true || site.faults !== undefined);
  for (const { id } of wanted) if (!possible.some((row) => row.id === id)) console.error(`${id} is left out`);
  return possible;
}

async function measureFleet(context: Context, rows: readonly Row[]): Promise<Figure[]> {
  const { fleet, signal } = context;
  const began = performance.now();
  const figures: Figure[] = [];
  for (const row of rows) {
    signal.throwIfAborted();
    try {
      await ready(fleet, signal);
      if (figures.length === 0) console.error(`${nameOf(fleet, 'all alive')}: ${since(began)} after the first start`);
      for (const figure of await row.run(context)) {
        figures.push(figure);
        console.error(`${since(began)}  ${figure.what}: ${Number(figure.value.toPrecision(3))} ${figure.unit}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      // The other rows are still worth their time.
      console.error(`${nameOf(fleet, row.id)} failed: ${error instanceof Error ? error.message : String(error)}`);
      figures.push({
        what: nameOf(fleet, row.id),
        value: Number.NaN,
        unit: '',
        note: `failed: ${String(error)}; ${loadNote()}`,
      });
    }
  }
  return figures;
}

/** Everybody runs and is alive to all. */
async function ready(fleet: Fleet, signal: AbortSignal): Promise<void> {
  const started = await fleet.recover();
  const boundMs = fleet.names.length > MANY ? READY_BOUND_MS : BOUND_MS;
  const wait = {
    viewers: fleet.names,
    says: saysAllAlive(fleet.names),
    began: performance.now(),
    boundMs,
    signal,
  };
  const late = [...(await untilEachSays(fleet, wait))].filter(([, ms]) => ms === undefined).map(([name]) => name);
  if (late.length > 0) throw new Error(`not everybody is alive to ${late.join(', ')} after ${boundMs / 1000} s`);
  if (started > 0) await sleep(fleet.product.settledMs, undefined, { signal });
}

const since = (began: number): string => `${((performance.now() - began) / 1000).toFixed(0)} s`;

function checkMemory(agents: number): void {
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) / 1024;
  const needed = agents * MIB_AN_AGENT + MIB_FOR_THE_REST;
  if (available < needed)
    throw new Error(
      `${agents} agents need about ${needed} MiB and ${Math.round(available)} MiB are available: ask for fewer with --agents.`,
    );
}
