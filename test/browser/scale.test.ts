/**
 * The page of five, a hundred and five thousand nodes in Chromium, over a generated cluster whose diagnosis and HTTP
 * interface are real. What is counted here does not depend on the machine; how fast it is, `npm run bench -- page` says.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './lib/axe.ts';
import { buildPage } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage, type WatchedPage } from './lib/chromium.ts';
import { type SimulatedServer, startSimulated } from './lib/simulated.ts';

const FORMS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};
const COUNTS = [5, 100, 5000] as const;
/** Whatever the size of the cluster: what is on the screen, and a little around it. */
const MAX_ELEMENTS = 7000;
/** All that is asked for until the first rows have their checks; each row is a request. */
const MAX_REQUESTS = 60;
/** Five thousand names, and what is asked for of the rows in view. */
const MAX_BYTES = 1_500_000;

describe.skipIf(!hasChromium())(`the page of many nodes (needs ${CHROMIUM})`, () => {
  let directory: string;
  let shots: string;
  let browser: Browser;
  const servers = new Map<number, SimulatedServer>();
  let watched: WatchedPage | undefined;

  beforeAll(async () => {
    directory = await buildPage();
    shots = mkdtempSync(join(tmpdir(), 'meerkat-scale-shots-'));
    browser = await launchChromium();
    for (const count of COUNTS) servers.set(count, await startSimulated(count, directory));
    process.stdout.write(`Screenshots: ${shots}\n`);
  });
  afterEach(() => watched?.close());
  afterAll(async () => {
    await browser.close();
    for (const server of servers.values()) await server.stop();
    rmSync(directory, { recursive: true });
  });

  async function visit(count: number, hash = '', options: BrowserContextOptions = {}): Promise<WatchedPage> {
    watched = await openPage(browser, servers.get(count)?.origin ?? '', hash, options);
    await watched.page.getByRole('heading', { level: 1, name: /SIMULATED/ }).waitFor();
    return watched;
  }
  const grid = ({ page }: WatchedPage) => page.getByRole('grid', { name: 'Nodes and checks' });
  const names = (one: WatchedPage): Promise<string[]> => grid(one).locator('.fleet-name').allInnerTexts();
  const elements = ({ page }: WatchedPage): Promise<number> => page.evaluate('document.querySelectorAll("*").length');

  describe.each(COUNTS)('%i nodes', (count) => {
    it.each(Object.entries(FORMS))('in %s', async (form, options) => {
      const one = await visit(count, '', options);
      await grid(one).locator('.cell:not(.cell-pending)').first().waitFor();
      await one.page.getByRole('heading', { name: 'Who sees whom' }).waitFor();
      await one.page.waitForTimeout(500);
      await one.page.screenshot({ path: join(shots, `${count}-${form}.png`), fullPage: true });
      const beyond: number = await one.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(beyond, 'nothing is wider than the screen').toBeLessThanOrEqual(0);
      expect(await elements(one)).toBeLessThan(MAX_ELEMENTS);
      const asked: { readonly requests: number; readonly bytes: number } = await one.page.evaluate(
        `(() => {
          const all = performance.getEntriesByType('resource');
          return { requests: all.length, bytes: all.reduce((sum, entry) => sum + entry.transferSize, 0) };
        })()`,
      );
      process.stdout.write(`${count} nodes, ${form}: ${JSON.stringify(asked)}, ${await elements(one)} elements\n`);
      expect(asked.requests).toBeLessThan(MAX_REQUESTS);
      expect(asked.bytes).toBeLessThan(MAX_BYTES);
      expect(one.faults).toEqual([]);
      expect(await violations(one.page)).toEqual([]);
    });
  });

  describe('five thousand nodes', () => {
    it('stand in groups by role and zone, those that are fine folded', async () => {
      const one = await visit(5000);
      const heads = grid(one).locator('.fleet-group-name');
      await heads.first().waitFor();
      expect(await heads.allInnerTexts()).toEqual([
        'Control plane',
        'Workers, sim-a',
        'Workers, sim-b',
        'Workers, sim-c',
      ]);
      const fold = grid(one)
        .getByRole('button', { name: /^1,?6\d\d nodes that are fine$/ })
        .first();
      await fold.click();
      await expect.poll(() => names(one).then(({ length }) => length)).toBeGreaterThan(5);
      expect(await elements(one)).toBeLessThan(MAX_ELEMENTS);
      await fold.focus();
      await one.page.keyboard.press('Control+End');
      await expect.poll(() => one.page.evaluate('document.activeElement.dataset.row > 1000')).toBe(true);
      expect(await elements(one)).toBeLessThan(MAX_ELEMENTS);
      expect(one.faults).toEqual([]);
    });

    it('are found by name and by state, and the address says so', async () => {
      const one = await visit(5000, '#/?name=w4997');
      await one.page.getByText('1 of 5000 nodes shown').waitFor();
      expect(await names(one)).toEqual(['sim-w4997']);
      await one.page.getByRole('searchbox', { name: /name contains/ }).fill('w12');
      await one.page.getByText('100 of 5000 nodes shown').waitFor();
      await expect.poll(() => new URL(one.page.url()).hash).toBe('#/?name=w12');
      await one.page.getByRole('searchbox', { name: /name contains/ }).fill('');
      await one.page.getByRole('button', { name: /^Fine \d+$/ }).click();
      await expect.poll(() => new URL(one.page.url()).hash).toBe('#/?state=fine');
      await expect.poll(() => names(one).then(({ length }) => length)).toBeGreaterThan(5);
      expect(one.faults).toEqual([]);
    });

    it('have pages of their own, with what others see of them', async () => {
      const one = await visit(5000, '#/node/sim-w2500');
      await one.page.getByRole('table', { name: 'Links of sim-w2500' }).waitFor();
      await one.page.getByText(/^worker\s*zone sim-/).waitFor();
      await one.page.getByRole('button', { name: '30 d' }).click();
      await one.page.getByRole('button', { name: '30 d', pressed: true }).waitFor();
      expect(new URL(one.page.url()).hash).toBe('#/node/sim-w2500?range=30d');
      await one.page.locator('.chart canvas').first().waitFor();
      await one.page.screenshot({ path: join(shots, '5000-node.png'), fullPage: true });
      expect(one.faults).toEqual([]);
    });

    it('are a matrix of groups, whose cells lead to links', async () => {
      const one = await visit(5000);
      const matrix = one.page.getByRole('grid', { name: 'Groups of nodes' });
      await matrix.getByRole('button', { name: /^Workers, sim-a sees Workers, sim-b: / }).click();
      await one.page.getByText('Only Workers, sim-a to Workers, sim-b.').waitFor();
      expect(new URL(one.page.url()).hash).toBe('#/?path=worker/sim-a..worker/sim-b');
      await one.page.getByRole('button', { name: 'Show all groups' }).click();
      await matrix.waitFor();
      await one.page.getByRole('button', { name: 'Round trip', exact: true }).click();
      await matrix
        .getByText(/\s[mµ]s$/)
        .first()
        .waitFor();
      await one.page.getByRole('button', { name: 'Pods', exact: true }).click();
      await one.page.getByText('No connected node says that the way to pods elsewhere is broken.').waitFor();
      expect(one.faults).toEqual([]);
    });
  });
});
