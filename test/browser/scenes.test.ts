/** Scenes of failures on the page: nobody sees one without the token, whatever a container wrote is text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HeldIncident, ScenePort } from '../../agent/model/scene.ts';
import { NOON, aScene } from '../lib/fixtures.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';
import { violations } from './lib/axe.ts';
import { buildPage } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage, type WatchedPage } from './lib/chromium.ts';

const MARKUP = `<img src=x onerror="document.title='owned'">`;
const [LOG] = aScene().logs;
const SCENE = aScene({
  logs: LOG === undefined ? [] : [{ ...LOG, lines: [{ at: NOON, stream: 'stderr', text: `fatal: ${MARKUP}` }] }],
});
const OTHER: HeldIncident = {
  ...SCENE,
  id: '20260101T115900-0a1b2c',
  node: 'node-b',
  at: NOON - 60_000,
  isConnected: false,
};
const scenes: ScenePort = {
  own: () => Promise.resolve([SCENE]),
  ofOthers: () => [OTHER],
  holderOf: (id) => (id === OTHER.id ? OTHER : undefined),
  read: (id) => Promise.resolve({ kind: 'answer', value: id === SCENE.id ? SCENE : undefined }),
  capture: () => Promise.resolve({ kind: 'unknown-pod' }),
};

describe.skipIf(!hasChromium())(`scenes on the page (needs ${CHROMIUM})`, () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-scenes-page-'));
  const shot = join(tmpdir(), `meerkat-scene-${process.pid}.png`);
  let browser: Browser;
  let server: FixtureServer;
  let watched: WatchedPage | undefined;
  const visit = async (hash: string, options: BrowserContextOptions = {}): Promise<WatchedPage> => {
    watched = await openPage(browser, server.url, hash, options);
    return watched;
  };
  const signIn = async ({ page }: WatchedPage, token: string): Promise<void> => {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  beforeAll(async () => {
    process.stdout.write(`Screenshot: ${shot}\n`);
    const tokenFile = join(root, 'token');
    writeFileSync(tokenFile, 'secret\n');
    browser = await launchChromium();
    server = await startFixtureServer({ tokenFile, webDirectory: await buildPage(join(root, 'web')) }, { scenes });
  });
  afterEach(() => watched?.close());
  afterAll(async () => {
    await server.stop();
    await browser.close();
    rmSync(root, { recursive: true });
  });

  it('are a file that nobody reads who does not ask for them', async () => {
    const files: string[] = [];
    const { page } = await visit('');
    page.on('request', (request) => files.push(request.url()));
    await page.getByRole('link', { name: 'Scenes of failures' }).click();
    await page.getByRole('heading', { name: 'Scenes of failures' }).waitFor();
    expect(files.filter((url) => /assets\/scenes-[\w-]+\.js$/.test(url))).toHaveLength(1);
  });

  it('are listed and shown to whoever has the token', async () => {
    const one = await visit('#/scenes');
    const { page } = one;
    await page.getByText('needs "Authorization: Bearer TOKEN"').waitFor();
    await signIn(one, 'wrong');
    await page.getByText('This is not the token').waitFor();
    await signIn(one, 'secret');
    await page.getByRole('row', { name: /node-a prod\/api-x2k4p\/app ended 137 OOMKilled/ }).waitFor();
    expect(await page.getByRole('row', { name: /node-b \(not connected\)/ }).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: '2026-01-01 11:59:58' }).click();
    await page.getByText('prod/api-x2k4p/app on node-a: exit code 137 (OOMKilled) after 12s').waitFor();
    expect(await page.locator('pre').innerText()).toContain(`err  fatal: ${MARKUP}`);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: shot, fullPage: true });
    // Answers without the token are all that went wrong.
    expect(one.faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });

  it('that another agent has are told to be there, and nothing is wider than a phone', async () => {
    const one = await visit(`#/scenes/${OTHER.id}`, { viewport: { width: 360, height: 780 } });
    await signIn(one, 'secret');
    await one.page.getByText(`The agent of node-b has scene ${OTHER.id}, and is not connected now`).waitFor();
    await one.page.goto(`${server.url}/#/scenes/${SCENE.id}`);
    await one.page.locator('pre').waitFor();
    expect(
      await one.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBeLessThanOrEqual(0);
  });
});
