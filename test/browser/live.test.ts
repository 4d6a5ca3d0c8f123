/** The page of real agents: three that know each other, of which one after the other is killed; and one that asks for a token. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';
import { violations } from './lib/axe.ts';
import { buildPage, SERVED_FROM_SOURCES } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage, type WatchedPage } from './lib/chromium.ts';
import { EXPECTED_FAILURES } from './lib/stage.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const TOKEN = 'b7f3d1a95c2e48f0';
const PORT = 24_676;
const KNOWN_WITHIN_MS = 60_000;

describe.skipIf(!hasChromium())(`the page of real agents (needs ${CHROMIUM})`, () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-live-'));
  const shots = mkdtempSync(join(tmpdir(), 'meerkat-live-shots-'));
  const { start, agent, running } = createTokenAgents(root, NAMES, 170, PORT);
  let browser: Browser;
  let watched: WatchedPage | undefined;
  /** Unix ms: all three were there. */
  let wholeAt = 0;

  beforeAll(async () => {
    process.stdout.write(`Screenshots: ${shots}\n`);
    writeFileSync(join(root, 'token'), TOKEN, { mode: 0o600 });
    await buildPage(SERVED_FROM_SOURCES);
    browser = await launchChromium();
    for (const name of ['a', 'b', 'c']) await start(name);
    for (const name of ['a', 'b', 'c']) await until(name, ({ view }) => view.settled && view.component === 3);
    wholeAt = Date.now();
    // A status is written down when it has lasted for a moment.
    await eventually(
      () => statusAt('a', wholeAt),
      ({ view }) => view.component === 3,
      KNOWN_WITHIN_MS,
    );
  }, 180_000);
  afterEach(() => watched?.close());
  afterAll(async () => {
    await browser?.close();
    await Promise.all([...running.values()].map((one) => one.cleanUp()));
    rmSync(root, { recursive: true });
  });

  const until = (name: string, wanted: (status: ApiStatus) => boolean): Promise<ApiStatus> =>
    eventually(() => agent(name).json<ApiStatus>('/api/v1/status'), wanted, KNOWN_WITHIN_MS);
  const statusAt = (name: string, at: number): Promise<ApiStatus> =>
    agent(name).json<ApiStatus>(`/api/v1/status?at=${new Date(at).toISOString()}`);
  async function visit(name: string, hash = ''): Promise<WatchedPage['page']> {
    watched = await openPage(browser, new URL(agent(name).url).origin, hash);
    return watched.page;
  }
  const unexpected = (allowed: RegExp): readonly string[] =>
    (watched?.faults ?? []).filter((one) => !allowed.test(one));

  it('shows a cluster that is whole, live, with its parts', async () => {
    const page = await visit('a');
    await page.getByText('Seen from a · 3 of 3 members connected').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByRole('list', { name: 'Parts of the cluster' }).getByRole('listitem').count()).toBe(4);
    await page.screenshot({ path: join(shots, 'whole.png'), fullPage: true });
    expect(await page.locator('.band-side').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(unexpected(/^$/)).toEqual([]);
  });

  it('tells at once of an agent that is killed', async () => {
    const page = await visit('a');
    await page.getByText('Seen from a · 3 of 3 members connected').waitFor();
    agent('c').kill('SIGKILL');
    await page.getByText('Seen from a · 2 of 3 members connected').waitFor({ timeout: KNOWN_WITHIN_MS });
    // Its host refuses the port, so it is known that no agent runs there: that is no side.
    expect(await page.locator('.band-side').count()).toBe(0);
    await page.locator('.event', { hasText: 'AgentDown' }).first().waitFor({ timeout: KNOWN_WITHIN_MS });
    await page.screenshot({ path: join(shots, 'one-killed.png'), fullPage: true });
    expect(unexpected(/^$/)).toEqual([]);
  });

  it('shows the cluster as it was before, and comes back to now', async () => {
    const page = await visit('a', `#/?at=${new Date(wholeAt).toISOString()}`);
    await page.getByText('You look at the past.').waitFor();
    await page.getByText('Seen from a · 3 of 3 members connected').waitFor();
    await page.screenshot({ path: join(shots, 'past.png'), fullPage: true });
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Back to now' }).click();
    await page.getByText('Seen from a · 2 of 3 members connected').waitFor();
    await page
      .locator('.event', { hasText: 'AgentDown' })
      .first()
      .getByRole('link', { name: /^The cluster as of/ })
      .click();
    await page.getByText('You look at the past.').waitFor();
    expect(unexpected(/^$/)).toEqual([]);
  });

  it('whose own agent is killed keeps what it had, with its age, and leads to the same view of another', async () => {
    const page = await visit('a', '#/node/c');
    await page.getByRole('heading', { level: 2, name: 'c', exact: true }).waitFor();
    agent('a').kill('SIGKILL');
    const alert = page.getByRole('alert');
    await alert.getByText('What you see is from').waitFor({ timeout: 30_000 });
    expect(await page.getByRole('heading', { level: 2, name: 'c', exact: true }).count()).toBe(1);
    await page.screenshot({ path: join(shots, 'own-killed.png'), fullPage: true });
    expect(await alert.getByRole('link').allInnerTexts(), 'c does not run').toEqual(['b']);
    await alert.getByRole('link', { name: 'b' }).click();
    await page.waitForURL(`${new URL(agent('b').url).origin}/#/node/c`);
    await page.getByRole('heading', { level: 2, name: 'c', exact: true }).waitFor();
    await page.getByText('Seen from b · 1 of 3 members connected').waitFor({ timeout: KNOWN_WITHIN_MS });
    await page.screenshot({ path: join(shots, 'alone.png'), fullPage: true });
    const elsewhere = new RegExp(`^foreign request: ${new URL(agent('b').url).origin}`);
    expect(unexpected(new RegExp(`${EXPECTED_FAILURES.source}|${elsewhere.source}`))).toEqual([]);
  });

  it('signs in where the agent asks for the token, also for the stream', async () => {
    await start('d', ['--http.access', 'token']);
    const page = await visit('d');
    await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText(/^Seen from d/).waitFor();
    expect(unexpected(EXPECTED_FAILURES)).toEqual([]);
  });
});
