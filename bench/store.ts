/**
 * The store with a day of 150 series: how fast it takes samples, what one costs on disk, how long a day of one series
 * takes to read, what the process needs. The values are the kernel's own figures and measured durations, read during a
 * minute and told as if they had come every 15 s.
 */
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { systemClock } from '../agent/base/clock.ts';
import { createLog } from '../agent/base/log.ts';
import type { SeriesKey } from '../agent/model/history.ts';
import { type Store, createStore } from '../agent/store/store.ts';
import { treeOf, usageOf } from './lib/process.ts';
import { type Figure, median, quantile } from './lib/table.ts';

const SERIES = 150;
const STEP_MS = 15_000;
const DAY_MS = 24 * 3_600_000;
const SNAPSHOTS = 480;
const SNAPSHOT_EVERY_MS = 125;
const AHEAD = 10_000;
const MARKS = 200_000;

export async function run(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-bench-store-'));
  const store = createStore(
    { directory, maxBytes: 256 * 1024 * 1024 },
    { clock: systemClock, log: createLog('silent', 'bench') },
  );
  try {
    await store.open();
    const snapshots = await readSnapshots();
    const written = await writeDay(store, snapshots);
    const figures = [written.figure, ...(await queryFigures(store)), ...memoryFigures(), markFigure(store)];
    await store.close(10_000);
    return [...figures, ...sizeFigures(join(directory, 'history.db'), written.samples)];
  } finally {
    await store.close(10_000);
    rmSync(directory, { recursive: true, force: true });
  }
}

const keyOf = (index: number): SeriesKey => ({
  node: 'bench',
  check: `check-${index % 15}`,
  reading: `r${index}_count`,
});

/** One row of {@link SERIES} values a moment. */
async function readSnapshots(): Promise<readonly number[][]> {
  const snapshots: number[][] = [];
  for (let count = 0; count < SNAPSHOTS; count += 1) {
    const row = await readFigures();
    if (row.length < SERIES) throw new Error(`only ${row.length} figures on this machine`);
    snapshots.push(row.slice(0, SERIES));
    await sleep(SNAPSHOT_EVERY_MS);
  }
  return snapshots;
}

/** What checks measure: durations, ratios of pressure, bytes, counters. */
async function readFigures(): Promise<number[]> {
  const durations: number[] = [];
  for (let count = 0; count < 30; count += 1) {
    const startedAt = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    durations.push((performance.now() - startedAt) / 1000);
  }
  const numbers = (path: string, pattern: RegExp): number[] =>
    [...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => Number(match[1]));
  const pressure = ['cpu', 'io', 'memory'].flatMap((name) => numbers(`/proc/pressure/${name}`, /=([\d.]+)/g));
  const memory = numbers('/proc/meminfo', /(\d+) kB/g);
  const { bfree, bavail, ffree } = statfsSync('/');
  const space = [bfree * 4096, bavail * 4096, ffree, bavail / bfree];
  const load = numbers('/proc/loadavg', /([\d.]+) /g);
  const ratios = memory.slice(1, 16).map((kib) => kib / (memory[0] ?? 1));
  const counters = numbers('/proc/vmstat', / (\d+)$/gm);
  return [...durations, ...pressure, ...space, ...load, ...ratios, ...memory.slice(0, 30), ...counters];
}

async function writeDay(store: Store, snapshots: readonly number[][]): Promise<{ figure: Figure; samples: number }> {
  const keys = Array.from({ length: SERIES }, (_, index) => keyOf(index));
  const steps = DAY_MS / STEP_MS;
  const start = Date.now() - DAY_MS;
  const startedAt = performance.now();
  for (let step = 0; step < steps; step += 1) {
    const at = start + step * STEP_MS + Math.floor(Math.random() * 6);
    const row = snapshots[step % snapshots.length] ?? [];
    store.record(keys.map((key, index) => ({ at, key, value: row[index] ?? 0 })));
    while (store.health().queuedSamples > AHEAD) await sleep(2);
  }
  while (store.health().queuedSamples > 0) await sleep(2);
  const samples = steps * SERIES;
  const perSecond = samples / ((performance.now() - startedAt) / 1000);
  const { droppedSamples } = store.health();
  if (droppedSamples > 0) throw new Error(`${droppedSamples} samples were dropped: the benchmark went too fast`);
  const note = `${samples} samples of ${SERIES} series, from the queue to the acknowledgement`;
  return {
    figure: { what: 'samples into the store', value: perSecond, unit: '/s', target: '≥ 20,000', note },
    samples,
  };
}

async function queryFigures(store: Store): Promise<Figure[]> {
  const times: number[] = [];
  for (let index = 0; index < SERIES; index += 1) {
    const { node, check, reading } = keyOf(index);
    const to = Date.now();
    const startedAt = performance.now();
    const answer = await store.series({ node, check, reading, from: to - DAY_MS, to, maxPoints: 1500 });
    times.push(performance.now() - startedAt);
    if (answer.kind !== 'answer' || (answer.value[0]?.times.length ?? 0) < 1400)
      throw new Error('no whole day came back');
  }
  const note = `${SERIES} series once each, 1,440 points, from question to answer`;
  return [
    { what: '24 h of one series, median', value: median(times), unit: 'ms', target: '≤ 20', note },
    { what: '24 h of one series, worst', value: quantile(times, 1), unit: 'ms', target: '≤ 20', note },
  ];
}

/** The store process is the only child. */
function memoryFigures(): Figure[] {
  const pid = treeOf(process.pid).find((one) => one !== process.pid);
  if (pid === undefined) return [];
  const { rssBytes, pssBytes } = usageOf(pid);
  const note = 'after the day was written and read, from source';
  return [
    { what: 'store process, resident', value: rssBytes / 2 ** 20, unit: 'MiB', note },
    { what: 'store process, proportional', value: pssBytes / 2 ** 20, unit: 'MiB', note },
  ];
}

function markFigure(store: Store): Figure {
  const startedAt = performance.now();
  for (let count = 0; count < MARKS; count += 1) store.mark(count % 2 === 0 ? 'container-runtime' : undefined);
  const microseconds = ((performance.now() - startedAt) / MARKS) * 1000;
  return { what: 'mark()', value: microseconds, unit: 'µs', target: '≈ 2', note: `mean of ${MARKS}` };
}

function sizeFigures(file: string, samples: number): Figure[] {
  const database = new Database(file, { readonly: true });
  try {
    const bytesOf = (pattern: string): number =>
      database
        .prepare<[string], { bytes: number }>('SELECT coalesce(sum(pgsize), 0) AS bytes FROM dbstat WHERE name GLOB ?')
        .get(pattern)?.bytes ?? 0;
    const finest = bytesOf('chunks_raw*');
    const note = 'pages of the tables and their indices, after a day';
    return [
      { what: 'one sample on disk', value: finest / samples, unit: 'B', target: '≤ 6', note },
      { what: 'with its roll-ups', value: bytesOf('chunks_*') / samples, unit: 'B', note },
      { what: 'the whole file', value: bytesOf('*') / 2 ** 20, unit: 'MiB', note: `${samples} samples` },
    ];
  } finally {
    database.close();
  }
}
