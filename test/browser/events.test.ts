/** Events of the cluster, alerts and rules on the page: what was read, by whom, and what silence does not tell. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterEventsPort } from '../../agent/model/cluster-event.ts';
import type { RulesPort } from '../../agent/model/rule-alert.ts';
import { aClusterEvent, aFeed, aRuleAlert, aRuleState, fakeEvents, fakeRules } from '../lib/events.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';
import { violations } from './lib/axe.ts';
import { buildPage } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage, type WatchedPage } from './lib/chromium.ts';

const MARKUP = `<img src=x onerror="document.title='owned'">`;
const now = Date.now();
const EVENTS = [
  aClusterEvent({ uid: 'e-1', at: now - 60_000, firstAt: now - 3_600_000, count: 41, message: `Back-off ${MARKUP}` }),
  aClusterEvent({
    uid: 'e-2',
    type: 'Normal',
    reason: 'SuccessfulRescale',
    kind: 'HorizontalPodAutoscaler',
    namespace: 'test',
    at: now - 90_000,
  }),
  aClusterEvent({
    uid: 'e-3',
    reason: 'ImageGCFailed',
    kind: 'Node',
    namespace: '',
    name: 'n3',
    node: 'n3',
    at: now - 120_000,
  }),
  aClusterEvent({ uid: 'e-4', reason: 'Evicted', at: now - 5 * 3_600_000 }),
];
const ALERTS = [
  aRuleAlert({
    fingerprint: 'a1',
    severity: 'critical',
    sentence: `Node n3: SystemOOM ${MARKUP}`,
    rule: 'node-events',
    nodes: ['n3'],
    since: now - 600_000,
    lastAt: now - 60_000,
  }),
  aRuleAlert({
    fingerprint: 'a2',
    since: now - 7_200_000,
    lastAt: now - 3_700_000,
    endedAt: now - 3_600_000,
    by: 'n9',
    isCurrent: false,
  }),
];
const RULES = [
  aRuleState({ name: 'node-events', type: 'any', severity: 'critical', place: 'built in' }),
  aRuleState({
    name: 'quiet',
    type: 'flatline',
    source: 'logs',
    state: 'unknown',
    why: 'its log cannot be read',
    firing: 0,
  }),
];
const FILE = {
  path: '/etc/meerkat/rules.yaml',
  readAt: now - 60_000,
  mistakes: ['line 12: type is "often"', 'line 14: no name'],
};

describe.skipIf(!hasChromium())(`events and alerts on the page (needs ${CHROMIUM})`, () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-events-page-'));
  const shots = process.env['MEERKAT_SHOTS'] ?? root;
  let browser: Browser;
  let server: FixtureServer;
  let watched: WatchedPage | undefined;
  let [port, rules]: [ClusterEventsPort, RulesPort] = [fakeEvents(EVENTS), fakeRules(ALERTS, RULES, FILE)];
  const visit = async (hash: string, options: BrowserContextOptions = {}): Promise<WatchedPage> => {
    watched = await openPage(browser, server.url, hash, options);
    return watched;
  };
  const uids = ({ page }: WatchedPage): Promise<(string | null)[]> =>
    page.locator('[data-event]').evaluateAll((all) => all.map((one) => one.getAttribute('data-event')));

  beforeAll(async () => {
    browser = await launchChromium();
    server = await startFixtureServer(
      { webDirectory: await buildPage(join(root, 'web')) },
      {
        events: {
          feed: () => port.feed(),
          events: (query) => port.events(query),
          sightings: (query) => port.sightings(query),
        },
        rules: {
          alerts: () => rules.alerts(),
          rules: () => rules.rules(),
          file: () => rules.file(),
          figures: () => rules.figures?.() ?? { omitted: 0, evaluationSeconds: 0 },
        },
      },
    );
  });
  afterEach(async () => {
    await watched?.close();
    [port, rules] = [fakeEvents(EVENTS, aFeed({ heardAt: Date.now() })), fakeRules(ALERTS, RULES, FILE)];
  });
  afterAll(async () => {
    await server.stop();
    await browser.close();
    rmSync(root, { recursive: true });
  });

  it('are a file that nobody reads who does not ask for them', async () => {
    const files: string[] = [];
    const { page } = await visit('');
    await page.getByRole('contentinfo').getByRole('link', { name: 'alerts' }).waitFor();
    page.on('request', (request) => files.push(request.url()));
    await page.getByRole('link', { name: 'events', exact: true }).click();
    await page.getByRole('heading', { name: 'Events of the cluster' }).waitFor();
    await page.getByRole('link', { name: 'Alerts and rules' }).click();
    await page.getByRole('heading', { name: 'Alerts' }).waitFor();
    expect(files.filter((url) => /assets\/watched-[\w-]+\.js$/.test(url))).toHaveLength(1);
  });

  it('are listed latest first, and who reads them', async () => {
    const one = await visit('#/events');
    const { page } = one;
    await page.getByText('read by node-a; node-b keeps a copy.').waitFor();
    expect(await uids(one)).toEqual(['e-1', 'e-2', 'e-3']);
    const text = await page.locator('[data-event=e-1]').innerText();
    expect(text).toContain(`Back-off ${MARKUP}`);
    expect(text).toMatch(/BackOff +Pod prod\/api-7d9f \(app\) node-b ×7 1m \d+s ago/);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('events-title');
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'events.png'), fullPage: true });
    expect(one.faults).toEqual([]);
  });

  it('are filtered by text, type, namespace and time, and the address tells', async () => {
    const one = await visit('#/events');
    const { page } = one;
    await page.locator('[data-event]').first().waitFor();
    await page.getByRole('searchbox', { name: 'Only events that contain' }).fill('n3 image');
    await expect.poll(() => uids(one)).toEqual(['e-3']);
    await page.getByText('1 of 3 events shown').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Warning' }).click();
    await expect.poll(() => uids(one)).toEqual(['e-1', 'e-3']);
    await page.getByRole('button', { name: '6h' }).click();
    await expect.poll(() => uids(one)).toEqual(['e-1', 'e-3', 'e-4']);
    await page.getByRole('combobox', { name: 'Events of one namespace' }).selectOption('prod');
    await expect.poll(() => uids(one)).toEqual(['e-1', 'e-4']);
    const address = await page.evaluate<string>('location.hash');
    expect(address).toBe('#/events?since=6h&type=Warning&namespace=prod');
    await page.reload();
    await expect.poll(() => uids(one)).toEqual(['e-1', 'e-4']);
    expect(await page.getByRole('button', { name: 'Warning' }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('location.hash')).toBe('#/');
  });

  it.each([
    [
      'stale',
      fakeEvents(EVENTS, aFeed({ state: 'stale', heardAt: now - 900_000, why: 'no API server answers' })),
      'Events are stale',
    ],
    [
      'not read',
      fakeEvents([], { state: 'none', why: 'no agent may list events', standbys: [] }),
      'nobody could read them here: no agent may',
    ],
    [
      'current',
      fakeEvents([], aFeed(), { missing: 'node-b did not answer' }),
      'This may not be all: node-b did not answer.',
    ],
  ])('that are %s are told to be, and none of them is no proof', async (mark, fake, words) => {
    port = fake;
    const { page } = await visit('#/events', { viewport: { width: 360, height: 780 }, colorScheme: 'dark' });
    await page.getByText(words).waitFor();
    expect(await page.locator('.panel .state').innerText()).toBe(mark);
    const isEmpty = (await page.locator('[data-event]').count()) === 0;
    expect(await page.getByText('which does not mean that there was none').count()).toBe(isEmpty ? 1 : 0);
    expect(await violations(page)).toEqual([]);
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(shots, `events-${mark.replace(' ', '-')}.png`), fullPage: true });
  });

  it('alerts: what fires is first, what cannot be judged is told, and keys lead through them', async () => {
    const one = await visit('#/alerts');
    const { page } = one;
    await page.getByText('1 fires', { exact: true }).waitFor();
    await page.getByText('says nothing of 1 rule, which cannot be judged now').waitFor();
    expect(await page.locator('.findings h3:visible').allInnerTexts()).toEqual([`Node n3: SystemOOM ${MARKUP}`]);
    expect(await page.locator('main img').count()).toBe(0);
    await page.keyboard.press('j');
    await page.keyboard.press('o');
    await page.locator('[data-finding=a1] dl').getByText('reason').waitFor();
    await page.getByText('1 over lately').click();
    expect(await page.locator('[data-finding=a2]').innerText()).toContain('judged by n9 not connected');
    await page
      .getByRole('row', { name: /quiet .*unknown its log cannot be read flatline \/ logs, warning node-a/ })
      .waitFor();
    await page.getByText('/etc/meerkat/rules.yaml has 2 mistakes. The rules before them hold.').waitFor();
    await page.getByText('line 14: no name').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'alerts.png'), fullPage: true });
    rules = fakeRules([], [aRuleState({ state: 'ok', firing: 0 })]);
    await page.getByText('No alert fires.').waitFor({ timeout: 8000 });
    expect(one.faults).toEqual([]);
  });

  it('alerts: what had no room is counted, and who has other rules is named', async () => {
    const file = { ...FILE, mistakes: [], others: Array.from({ length: 12 }, (_, index) => `w${index}`) };
    rules = { ...fakeRules([], [], file), figures: () => ({ omitted: 400, evaluationSeconds: 0 }) };
    const { page } = await visit('#/alerts');
    await page.getByText('Of 400 more this agent was only told that they fire').waitFor();
    expect(await page.getByText('No alert fires.').count()).toBe(0);
    await page.getByText('Other rules than here hold on w0, w1,').waitFor();
    await page.getByText('w9 and 2 more: of what is about').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('alerts are read on a phone, in the dark and in Chinese', async () => {
    const { page } = await visit('#/alerts', {
      viewport: { width: 360, height: 780 },
      colorScheme: 'dark',
      locale: 'zh-CN',
    });
    await page.getByRole('heading', { name: '告警' }).waitFor();
    await page.locator('[data-finding=a1]').waitFor();
    await page.getByRole('heading', { name: '规则' }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(shots, 'alerts-phone.png'), fullPage: true });
  });
});
