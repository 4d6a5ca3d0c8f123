/**
 * Clusters of 100 to 5,000 agents in virtual time: what an agent sends and costs while nothing happens, how soon everybody
 * knows what did, the longest time for which an agent's event loop is blocked, and the heap that many members take.
 *
 * Simulated: time, network, and all agents. A few are the product's mesh in full; the others run its sync, broadcast,
 * probes and edges over a book that shares its bytes. Modelled: gossipsub as a mesh of four, and the CPU of the transport
 * from counts. Measured in the same run: what each of those counts costs on real sockets, and the CPU of turns.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './lib/table.ts';
import { type Costs, diagnosisUs, measureCosts } from './scale/costs.ts';
import { createPopulation } from './scale/population.ts';
import { SCENARIOS } from './scale/scenarios.ts';
import { OverdueError, type TownOptions, createTown } from './scale/town.ts';

export interface ScaleOptions {
  /** Empty: 100, 1,000 and 5,000. */
  readonly members: readonly number[];
  /** Names of scenarios, or `heap`; empty: all. */
  readonly only: readonly string[];
}

const SIZES = [100, 1000, 5000];
/** Simulated in full where that is cheap: what the thin agents leave out shows beside it. */
const ALL_FULL = 100;
/** From here on each of them takes in what thousands say, and fewer have to do. */
const LARGE = 2000;
/** Carriers are thin agents that spread. Neighbours of full agents are among them, so there may be a few more. */
const FEW = { full: 6, carriers: 120 };
const FEWER = { full: 3, carriers: 56 };
const MIB = 1_048_576;
/** Of real time for each simulated cluster: what is not measured by then is left out, and the table says so. */
const TOWN_MINUTES = 15;

export async function run({ members, only }: ScaleOptions): Promise<readonly Figure[]> {
  const names = [...Object.keys(SCENARIOS), 'heap'];
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  const isWanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const sizes = members.length > 0 ? members : SIZES;
  const figures: Figure[] = isWanted('heap') ? heap(Math.max(...sizes)) : [];
  const wanted = Object.keys(SCENARIOS).filter(isWanted);
  if (wanted.length === 0) return figures;
  const costs = await measureCosts();
  figures.push(...costFigures(costs));
  for (const size of sizes) {
    const ofSize = { ...costs, diagnosisUs: await diagnosisUs(createPopulation(size)) };
    figures.push(diagnosisFigure(size, ofSize));
    console.error(JSON.stringify({ size, ...ofSize }));
    for (const options of townsOf(size)) figures.push(...(await measureTown(options, wanted, ofSize)));
  }
  return figures;
}

function townsOf(members: number): TownOptions[] {
  const { full, carriers } = members < LARGE ? FEW : FEWER;
  return [
    ...(members <= ALL_FULL ? [{ members, full: members, carriers: 0, seed: 1 }] : []),
    { members, full: Math.min(full, members), carriers: Math.min(carriers, members), seed: 1 },
  ];
}

async function measureTown(options: TownOptions, wanted: readonly string[], costs: Costs): Promise<Figure[]> {
  const began = performance.now();
  let kind = '';
  const figures: Figure[] = [];
  const put = (figure: Figure): void => {
    figures.push({ ...figure, note: [kind, figure.note].filter((text) => text !== '').join('; ') });
    const elapsed = ((performance.now() - began) / 1000).toFixed(0);
    console.error(`${elapsed} s  ${figure.what}: ${Number(figure.value.toPrecision(3))} ${figure.unit} (${kind})`);
  };
  const left = [...wanted];
  try {
    const town = await createTown({ ...options, endsAtMs: began + TOWN_MINUTES * 60_000 });
    kind = `${town.residents.length} full, ${town.carriers.length} thin agents`;
    for (let name = left[0]; name !== undefined; name = left[0]) {
      for (const figure of (await SCENARIOS[name]?.(town, costs)) ?? []) put(figure);
      left.shift();
    }
  } catch (error) {
    if (!(error instanceof OverdueError)) throw error;
    const note = `not measured: ${TOWN_MINUTES} minutes were over`;
    for (const name of left) put({ what: `${options.members} members, ${name}`, value: Number.NaN, unit: '', note });
  }
  return figures;
}

const diagnosisFigure = (size: number, { diagnosisUs: us }: Costs): Figure => ({
  what: `${size} members, view and diagnosis`,
  value: us / 1000,
  unit: 'ms',
  target: '< 50 ms',
});

function heap(members: number): Figure[] {
  const child = fileURLToPath(new URL('scale/heap-child.ts', import.meta.url));
  const [one, many] = [1, members].map((count): { heap: number; external: number } =>
    JSON.parse(execFileSync(process.execPath, ['--expose-gc', child, `${count}`], { encoding: 'utf8' })),
  );
  if (one === undefined || many === undefined) throw new Error('the child said nothing');
  return [
    {
      what: `heap for ${members} members`,
      value: (many.heap - one.heap) / MIB,
      unit: 'MiB',
      target: '≤ 48 MiB',
      note: 'more than for 1',
    },
    {
      what: `beside it, bytes of envelopes`,
      value: (many.external - one.external) / MIB,
      unit: 'MiB',
      note: 'outside of the heap',
    },
  ];
}

const costFigures = (costs: Costs): Figure[] =>
  Object.entries(costs)
    .filter(([name]) => name !== 'diagnosisUs')
    .map(([name, value]) => ({
      what: `cost: ${name.replace(/Us$/, '')}`,
      value,
      unit: 'µs',
      note: 'CPU of one agent, measured on loopback',
    }));
