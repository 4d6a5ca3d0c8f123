/** What an operator reads first, back in time, signing in, keys and languages: the page in Chromium against scenarios. */
import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, hasChromium } from './lib/chromium.ts';
import { threeDead } from './lib/clusters.ts';
import { pastNight } from './lib/pasts.ts';
import { critical, healthy } from './lib/scenarios.ts';
import { EXPECTED_FAILURES, useStage } from './lib/stage.ts';

const FORMS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 780 } },
};
const ENGLISH = { locale: 'en-GB' };
const momentHash = (at: number): string => `#/?at=${new Date(at).toISOString()}`;

describe.skipIf(!hasChromium())(`the overview (needs ${CHROMIUM})`, () => {
  const stage = useStage('overview');
  const row = (name: string) =>
    stage.watched.page
      .getByRole('list', { name: 'Parts of the cluster' })
      .getByRole('listitem')
      .filter({ hasText: name });
  const focused = (): Promise<string | null> =>
    stage.watched.page.evaluate("document.activeElement.getAttribute('data-finding')");

  describe('the parts of the cluster', () => {
    it('are each fine, broken or not known, and what is not known has a pattern and is not green', async () => {
      const { page } = await stage.visit(threeDead());
      expect(await row('Control plane').innerText()).toMatch(/problem\s*3 findings\s*nobody could look/);
      expect(await row('Workers').innerText()).toMatch(/OK\s*looked at on 2 nodes/);
      expect(await row('DNS').innerText()).toMatch(/unknown\s*looked at on 1 of 2 nodes/);
      expect(
        await page.evaluate("getComputedStyle(document.querySelector('.area-unknown')).backgroundImage"),
      ).toContain('repeating');
      await row('Control plane').getByRole('button', { name: '3 findings' }).click();
      expect(await focused()).toBe('NodesLost');
      expect(await page.locator('.area-ok').count()).toBe(2);
    });

    it('say what they were, in the pattern of what is not known, when nobody answers', async () => {
      const { page } = await stage.visit(threeDead());
      stage.server.cut();
      await page.getByRole('alert').waitFor();
      expect(await row('Workers').innerText()).toContain('was OK');
      expect(await page.locator('.area-ok, .area-critical').count()).toBe(0);
    });
  });

  describe('a finding', () => {
    it('tells everything that is known of it', async () => {
      const scenario = threeDead();
      const [first, ...others] = scenario.status.findings;
      const findings = [{ ...first!, dissent: ['w9'], subject: 'rack 7' }, ...others];
      const { page } = await stage.visit({ ...scenario, status: { ...scenario.status, findings } });
      const text = await page.locator('[data-finding="NodesLost"]').innerText();
      for (const said of ['1. 3 of 5 nodes', 'critical', 'm1, m2, m3', 'rack 7', 'NodesLost', '1 node disagrees'])
        expect(text).toContain(said);
      for (const title of ['Evidence', 'Seen by', 'Disagree', 'Could also be', 'Next', '2 consequences of this'])
        expect(text).toContain(title);
      await page.getByText('2 consequences of this').click();
      await page.getByText('10.0.0.11:6443: no route to host, 94 runs in a row.').waitFor();
    });

    it('has the first change of its cause marked in the timeline', async () => {
      const { page } = await stage.visit(critical());
      const marked = page.locator('.event-first');
      await marked.first().waitFor();
      expect(await marked.count()).toBe(2);
      expect(await marked.first().innerText()).toMatch(/first of cause 1.*EtcdDown/s);
      expect(await marked.last().innerText()).toMatch(/first of cause 2.*DiskFull/s);
    });

    it('is copied with all others as JSON', async () => {
      const { page } = await stage.visit(critical());
      await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
      await page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })");
      await page.getByRole('button', { name: 'Copy as JSON' }).click();
      await page.getByText('Copied').waitFor();
      const { at: _at, ...copied } = JSON.parse(await page.evaluate('window.copied')) as Record<string, unknown>;
      const { at: _own, ...said } = critical().status;
      expect(Object.keys(copied).sort()).toEqual(Object.keys(said).sort());
    });
  });

  it('says on which side it is, and leads to the other', async () => {
    const { page } = await stage.visit(threeDead());
    await page.getByText('the smaller side: most members are not connected to it').waitFor();
    const links = page.locator('.band-side a');
    expect(await links.allInnerTexts()).toEqual(['m1', 'm2']);
    expect(await links.first().getAttribute('href')).toBe('http://10.0.0.11:7575/#/');
  });

  it('offers the same view of others when its own agent is gone', async () => {
    const { page } = await stage.visit(threeDead(), {}, '#/node/m2');
    stage.server.cut();
    await page.getByRole('alert').getByText('The same view from another agent').waitFor();
    const links = page.getByRole('alert').getByRole('link');
    expect(await links.allInnerTexts()).toEqual(['w2', 'm1', 'm2']);
    expect(await links.first().getAttribute('href')).toBe('http://10.0.0.22:7575/#/node/m2');
  });

  describe('back in time', () => {
    it.each(Object.entries(FORMS))(
      'shows what was concluded then, and says that it is past, in %s',
      async (form, options) => {
        const { scenario, deadAt } = pastNight(Date.now());
        const { page, faults } = await stage.visit(scenario, options, momentHash(deadAt), false);
        await page.getByText('You look at the past.').waitFor();
        await page.getByText('Members that were not connected').waitFor();
        await page.locator('.event').first().waitFor();
        await page.screenshot({ path: stage.shot(`past-${form}.png`), fullPage: true });
        expect(await page.title()).toBe('◷ Then critical · w1 · Meerkat');
        expect(await page.evaluate("getComputedStyle(document.querySelector('.page')).filter")).toBe('grayscale(1)');
        expect(await page.locator('.areas, .fleet, .matrix').count(), 'nothing of now').toBe(0);
        expect(await page.getByText('over by').count()).toBe(1);
        await page.getByText('2 findings more found no room in the log.').waitFor();
        expect(
          await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
        ).toBeLessThanOrEqual(0);
        expect(faults).toEqual([]);
      },
    );

    it('goes from conclusion to conclusion, over what is not known, and back to now', async () => {
      const { scenario, deadAt } = pastNight(Date.now());
      const { page } = await stage.visit(scenario, {}, momentHash(deadAt), false);
      await page.getByRole('link', { name: 'Conclusion before' }).click();
      await page.getByRole('heading', { level: 1, name: 'All 5 nodes are fine.' }).waitFor();
      expect(await page.locator('.band-ok').count(), 'the past is never green').toBe(0);
      await page.getByRole('link', { name: 'Conclusion before' }).click();
      await page.getByRole('heading', { level: 1, name: /^Not observed from/ }).waitFor();
      await page.getByRole('link', { name: 'Conclusion after' }).click();
      await page.getByRole('heading', { level: 1, name: 'All 5 nodes are fine.' }).waitFor();
      await page.getByRole('link', { name: 'Back to now' }).click();
      await page.getByRole('heading', { level: 1, name: scenario.status.sentence }).waitFor();
      expect(await page.title()).toContain('✖ Critical');
      expect(await page.getByText('You look at the past.').count()).toBe(0);
    });

    it('is entered by an entry of the timeline, and by a time', async () => {
      const { scenario, fineAt } = pastNight(Date.now());
      const { page } = await stage.visit(scenario);
      await page
        .getByRole('link', { name: /^The cluster as of/ })
        .first()
        .click();
      await page.getByText('You look at the past.').waitFor();
      await page.keyboard.press('n');
      await page.getByText('You look at the past.').waitFor({ state: 'detached' });
      await page.keyboard.press('t');
      await page.getByRole('dialog').getByLabel('UTC').fill(new Date(fineAt).toISOString().slice(0, 19));
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('heading', { level: 1, name: 'All 5 nodes are fine.' }).waitFor();
      expect(new URL(page.url()).hash).toBe(`#/?at=${new Date(fineAt).toISOString().slice(0, 19)}Z`);
    });

    it('says when the log cannot be read, and asks again', async () => {
      const { scenario, deadAt } = pastNight(Date.now());
      const { page } = await stage.visit({ ...scenario, storeUnavailable: true }, {}, momentHash(deadAt), false);
      await page.getByText('The log cannot be read now').waitFor();
      stage.server.say(scenario);
      await page.getByRole('button', { name: 'Ask again' }).click();
      await page.getByText('Members that were not connected').waitFor();
      expect(stage.watched.faults.filter((fault) => !EXPECTED_FAILURES.test(fault))).toEqual([]);
    });
  });

  describe('signing in', () => {
    const visit = () => stage.visit({ ...healthy(), token: 's3cret' }, {}, '', false);

    it('asks for a token, says that it is the wrong one, and then shows all, with the stream', async () => {
      const { page } = await visit();
      await page.getByRole('heading', { name: 'This agent asks for a token' }).waitFor();
      await page.screenshot({ path: stage.shot('sign-in.png') });
      await page.getByRole('textbox', { name: 'Token' }).fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'This is not the token.' }).waitFor();
      await page.getByRole('textbox', { name: 'Token' }).fill(' s3cret ');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByRole('heading', { level: 1, name: healthy().status.sentence }).waitFor();
      expect(await page.evaluate('[sessionStorage.length, localStorage.length]')).toEqual([1, 0]);
      expect(stage.watched.faults.filter((fault) => !EXPECTED_FAILURES.test(fault))).toEqual([]);
    });

    it('lasts over a reload, and ends', async () => {
      const { page } = await visit();
      await page.getByRole('textbox', { name: 'Token' }).fill('s3cret');
      await page.keyboard.press('Enter');
      await page.getByText('Live', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'This agent asks for a token' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    });
  });

  describe('keys', () => {
    it('lead through the findings, and open and fold them', async () => {
      const { page } = await stage.visit(critical());
      await page.getByText('Live', { exact: true }).waitFor();
      await page.keyboard.press('j');
      expect(await focused()).toBe('EtcdMemberDown');
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe('DiskFull');
      await page.keyboard.press('k');
      expect(await focused()).toBe('EtcdMemberDown');
      const folds = page.locator('[data-finding="EtcdMemberDown"] > details[open]');
      expect(await folds.count()).toBe(1);
      await page.keyboard.press('o');
      expect(await folds.count()).toBe(0);
      await page.keyboard.press('o');
      expect(await folds.count()).toBe(2);
      await page.keyboard.press('j');
      expect(await focused(), 'its consequences are unfolded').toBe('ApiserverNotReady');
    });

    it('search for a node and go there, and Escape leads up', async () => {
      const { page } = await stage.visit(threeDead());
      await page.keyboard.press('/');
      await page.getByRole('combobox', { name: 'Node, check or finding' }).waitFor();
      expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('combobox');
      await page.getByRole('option', { name: 'node m1' }).waitFor();
      await page.keyboard.type('m');
      await page.keyboard.press('ArrowDown');
      await page.screenshot({ path: stage.shot('search.png') });
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'm2', exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { level: 2, name: 'What is wrong' }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/');
    });

    it('are listed, and those of one letter can be switched off', async () => {
      const { page } = await stage.visit(critical());
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.screenshot({ path: stage.shot('help.png') });
      await page.getByLabel('Keys of one letter do something').uncheck();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('j');
      expect(await focused()).toBeNull();
      await page.reload();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.keyboard.press('?');
      expect(await page.getByRole('dialog').count()).toBe(0);
    });

    it('leave whoever types alone', async () => {
      const { page } = await stage.visit(critical());
      await page.keyboard.press('t');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('p');
      expect(await page.title()).not.toContain('Paused');
    });
  });

  describe('Chinese', () => {
    it('is spoken where the browser prefers it, and the agent stays in English', async () => {
      const { page } = await stage.visit(threeDead(), { locale: 'zh-CN' });
      await page.getByText('出了什么问题').waitFor();
      await page.locator('.event').first().waitFor();
      await page.screenshot({ path: stage.shot('chinese.png'), fullPage: true });
      expect(await page.evaluate('document.documentElement.lang')).toBe('zh-Hans');
      expect(await page.getByRole('heading', { level: 1 }).getAttribute('lang')).toBe('en');
      expect(await page.title()).toBe('✖ 严重 · w1 · Meerkat');
    });

    it('is chosen by a switch, and kept', async () => {
      const { page } = await stage.visit(critical(), ENGLISH);
      await page.getByRole('button', { name: '中文' }).click();
      await page.getByText('出了什么问题').waitFor();
      await page.reload();
      await page.getByText('出了什么问题').waitFor();
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByText('What is wrong').waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe('en');
    });
  });
});
