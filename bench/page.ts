/**
 * How fast the page is on a slow machine: Chromium with its CPU throttled to a quarter, over generated clusters whose
 * diagnosis and HTTP interface are the agent's own. With minutes, what it holds after so long of live updates.
 */
import { rmSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { buildPage } from '../test/browser/lib/built-page.ts';
import { launchChromium } from '../test/browser/lib/chromium.ts';
import { startSimulated } from '../test/browser/lib/simulated.ts';
import { type Figure, median } from './lib/table.ts';

export interface PageBenchOptions {
  /** Empty: 100 and 5,000. */
  readonly members: readonly number[];
  /** 0: the heap is not looked at. */
  readonly minutes: number;
}

const MEMBERS = [100, 5000];
const HEAP_MEMBERS = 1000;
const THROTTLING = 4;
const RUNS = 5;
const MIB = 1024 * 1024;

export async function run({ members, minutes }: PageBenchOptions): Promise<readonly Figure[]> {
  const directory = await buildPage();
  const browser = await launchChromium();
  try {
    if (minutes > 0) return await heapFigures(browser, directory, minutes);
    const figures: Figure[] = [];
    for (const count of members.length > 0 ? members : MEMBERS)
      figures.push(...(await speed(browser, directory, count)));
    return figures;
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true });
  }
}

/** The answer and the first nodes: what somebody who was woken came for. Ms after the navigation, at the frame that shows it. */
const USEFUL = `{
  const isUseful = () => document.querySelector('.band-meta') !== null && document.querySelector('.fleet-row') !== null;
  const look = () => {
    if (isUseful()) requestAnimationFrame(() => setTimeout(() => (globalThis.usefulAt ??= performance.now())));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

/** What is done, and what is to be seen then; expressions in the page. */
const INTERACTIONS: Readonly<Record<string, { readonly act: string; readonly until: string }>> = {
  'filter by state': {
    act: "document.querySelectorAll('.fleet .filter-button')[1].click()",
    until: "document.querySelectorAll('.fleet .filter-button')[1].getAttribute('aria-pressed') === 'true'",
  },
  'all again': {
    act: "document.querySelectorAll('.fleet .filter-button')[0].click()",
    until: "document.querySelectorAll('.fleet .filter-button')[0].getAttribute('aria-pressed') === 'true'",
  },
  'search by name': {
    act: `{
      const field = document.querySelector('.fleet-filter');
      field.value = 'w0';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }`,
    until: "[...document.querySelectorAll('.fleet-name')].every((one) => one.textContent.includes('w0'))",
  },
  'open a node': {
    act: "document.querySelector('.fleet-node a').click()",
    until: "document.getElementById('node-title') !== null",
  },
};

async function speed(browser: Browser, directory: string, count: number): Promise<Figure[]> {
  const server = await startSimulated(count, directory);
  try {
    const runs: Visit[] = [];
    for (let index = 0; index < RUNS; index += 1) runs.push(await visit(browser, server.origin));
    const of = (value: (one: Visit) => number): number => median(runs.map(value));
    const note = `${THROTTLING}x CPU throttling, median of ${RUNS}`;
    const { requests, bytes, elements } = runs[0]!;
    return [
      {
        what: `${count} nodes: first useful paint`,
        value: of((one) => one.usefulMs),
        unit: 'ms',
        target: count <= 100 ? '≤ 1000 ms' : count <= 5000 ? '≤ 2000 ms' : '',
        note,
      },
      ...Object.keys(INTERACTIONS).map((name) => ({
        what: `${count} nodes: ${name}`,
        value: of((one) => one.interactionMs.get(name) ?? Number.NaN),
        unit: 'ms',
        target: '≤ 100 ms',
        note,
      })),
      {
        what: `${count} nodes: requests in the first seconds`,
        value: requests,
        unit: '',
        note: `${elements} elements`,
      },
      { what: `${count} nodes: bytes in the first seconds`, value: bytes / 1000, unit: 'kB' },
    ];
  } finally {
    await server.stop();
  }
}

interface Visit {
  readonly usefulMs: number;
  readonly interactionMs: ReadonlyMap<string, number>;
  readonly requests: number;
  readonly bytes: number;
  readonly elements: number;
}

async function visit(browser: Browser, origin: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLING });
    await page.addInitScript(USEFUL);
    await page.goto(`${origin}/`, { waitUntil: 'commit' });
    await until(page, 'globalThis.usefulAt !== undefined');
    const usefulMs: number = await page.evaluate('globalThis.usefulAt');
    await until(page, HAS_CELLS);
    await page.waitForTimeout(2000);
    const loaded: Pick<Visit, 'requests' | 'bytes' | 'elements'> = await page.evaluate(`(() => {
      const all = performance.getEntriesByType('resource');
      return {
        requests: all.length,
        bytes: all.reduce((sum, entry) => sum + entry.transferSize, 0),
        elements: document.querySelectorAll('*').length,
      };
    })()`);
    const interactionMs = new Map<string, number>();
    for (const name of Object.keys(INTERACTIONS)) interactionMs.set(name, await timed(page, name));
    return { usefulMs, interactionMs, ...loaded };
  } finally {
    await context.close();
  }
}

const HAS_CELLS = "document.querySelector('.cell:not(.cell-pending)') !== null";

/** What has not come by then does not come. */
const LIMIT_MS = 30_000;

/** Resolves in the frame in which an expression in the page is true. The page's own policy forbids Playwright's way. */
const until = (page: Page, expression: string): Promise<void> =>
  page.evaluate(`new Promise((resolve, reject) => {
    const end = performance.now() + ${LIMIT_MS};
    const look = () => {
      if (${expression}) resolve();
      else if (performance.now() > end) reject(new Error(${JSON.stringify(`This was never so: ${expression}`)}));
      else requestAnimationFrame(look);
    };
    look();
  })`);

/** From the event to the frame in which its outcome is drawn. */
async function timed(page: Page, name: string): Promise<number> {
  const { act, until: outcome } = INTERACTIONS[name]!;
  const took: number = await page.evaluate(`new Promise((resolve, reject) => {
    const began = performance.now();
    ${act};
    const look = () => {
      if (${outcome}) setTimeout(() => resolve(performance.now() - began));
      else if (performance.now() - began > ${LIMIT_MS}) reject(new Error(${JSON.stringify(`It had no outcome: ${name}`)}));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })`);
  await page.waitForTimeout(500);
  return took;
}

/** Once a minute, after everything that nobody holds was collected; the first sixth is for filling what is kept. */
async function heapFigures(browser: Browser, directory: string, minutes: number): Promise<Figure[]> {
  const server = await startSimulated(HEAP_MEMBERS, directory);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await page.goto(`${server.origin}/`);
    await until(page, HAS_CELLS);
    const used: number[] = [];
    const samples = Math.max(6, minutes);
    for (let index = 0; index < samples; index += 1) {
      await page.waitForTimeout((minutes * 60_000) / samples);
      used.push(await heapOf(session));
    }
    const settled = used.slice(Math.floor(samples / 6));
    const third = Math.max(1, Math.floor(settled.length / 3));
    const [early, late] = [median(settled.slice(0, third)), median(settled.slice(-third))];
    const note = used.map((bytes) => (bytes / MIB).toFixed(1)).join(', ');
    return [
      { what: `heap at the end, ${HEAP_MEMBERS} nodes`, value: late / MIB, unit: 'MiB', note },
      {
        what: `growth over ${minutes} min of live updates`,
        value: (late - early) / MIB,
        unit: 'MiB',
        target: '≤ 2 MiB',
        note: 'last third against the first, after forced collection',
      },
    ];
  } finally {
    await context.close();
    await server.stop();
  }
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}
