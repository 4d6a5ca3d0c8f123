/** A real cut between five agents, each on a host of the lab: the page of either side says on which one it is. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUIET_CHECKS, createAgentCluster, isWhole } from '../lab/lib/agents.ts';
import { createLab } from '../lab/lib/lab/lab.ts';
import type { Lab, LabHost } from '../lab/lib/lab/types.ts';
import { whyNoLab } from '../lab/lib/lab/why-no-lab.ts';
import { createWatch, type Watch } from '../lab/lib/watch.ts';
import { violations } from './lib/axe.ts';
import { buildPage, SERVED_FROM_SOURCES } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage } from './lib/chromium.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`sides: skipped, ${missing}\n`);

const FEW = ['n1', 'n2'];
const MANY = ['n3', 'n4', 'n5'];
const SEEN_WITHIN_MS = 60_000;

describe.skipIf(missing !== undefined || !hasChromium())(`both sides of a cut (needs ${CHROMIUM} and a lab)`, () => {
  const shots = mkdtempSync(join(tmpdir(), 'meerkat-sides-shots-'));
  let lab: Lab;
  let watch: Watch;
  let browser: Browser;
  const hosts = (...names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));

  beforeAll(async () => {
    process.stdout.write(`Screenshots: ${shots}\n`);
    await buildPage(SERVED_FROM_SOURCES);
    browser = await launchChromium();
    lab = await createLab({ hosts: [...FEW, ...MANY] });
    const all = hosts(...FEW, ...MANY);
    const agents = createAgentCluster(all);
    await Promise.all(all.map((host) => agents.start(host, QUIET_CHECKS)));
    watch = createWatch(all);
    await watch.until(all, 'all are there', ({ status }) => isWhole(status, all.length));
  }, 240_000);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
    await browser?.close();
  });

  it('say which one they are, and lead to the other', async () => {
    const watched = await openPage(browser, `http://${lab.host('n1').address}:7575`);
    const { page, faults } = watched;
    await page.getByText('Seen from n1 · 5 of 5 members connected').waitFor({ timeout: SEEN_WITHIN_MS });
    await lab.partition([FEW, MANY]);
    await page.getByText('Seen from n1 · 2 of 5 members connected').waitFor({ timeout: SEEN_WITHIN_MS });
    await page.getByText('the smaller side: most members are not connected to it').waitFor();
    // Each side sees no fault among its own.
    await page.locator('.area-unknown', { hasText: 'Network' }).getByText('looked at on 2 of 5 nodes').waitFor();
    await page.screenshot({ path: join(shots, 'smaller.png'), fullPage: true });
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
    expect(await page.locator('.band-side a').allInnerTexts()).toEqual(MANY);

    await page.locator('.band-side').getByRole('link', { name: 'n3' }).click();
    await page.getByText('Seen from n3 · 3 of 5 members connected').waitFor({ timeout: SEEN_WITHIN_MS });
    await page.getByText('the larger side: most members are connected to it').waitFor();
    expect(await page.locator('.band-side a').allInnerTexts()).toEqual(FEW);
    await page.screenshot({ path: join(shots, 'larger.png'), fullPage: true });

    await lab.heal();
    await page.getByText('Seen from n3 · 5 of 5 members connected').waitFor({ timeout: SEEN_WITHIN_MS });
    expect(await page.locator('.band-side').count()).toBe(0);
    await watched.close();
  });
});
