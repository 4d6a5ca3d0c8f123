/**
 * What is drawn and asked for, and when: counted in Chromium, because what is not done takes no time on any machine. How
 * fast the page is, `npm run bench -- page` says.
 */
import { describe, expect, it } from 'vitest';
import { violations } from './lib/axe.ts';
import { CHROMIUM, hasChromium } from './lib/chromium.ts';
import { manyNodes, threeDead } from './lib/clusters.ts';
import { useStage } from './lib/stage.ts';

const SMALL = { viewport: { width: 1280, height: 600 } };

describe.skipIf(!hasChromium())(`what is drawn first (needs ${CHROMIUM})`, () => {
  const stage = useStage('first');
  const overview = () => stage.watched.page.getByRole('grid', { name: 'Nodes and checks' });
  const evaluate = <T>(expression: string): Promise<T> => stage.watched.page.evaluate(expression);
  const active = (): Promise<string> => evaluate('document.activeElement.textContent.trim()');
  /** Changes of its elements, their attributes and their texts. */
  const changesOf = (selector: string, ms: number): Promise<number> =>
    evaluate(`new Promise((resolve) => {
      let count = 0;
      const watching = new MutationObserver((changes) => (count += changes.length));
      const everything = { subtree: true, childList: true, attributes: true, characterData: true };
      watching.observe(document.querySelector('${selector}'), everything);
      setTimeout(() => resolve(count), ${ms});
    })`);

  it('is asked for with two requests, and everything else after it', async () => {
    const { page } = await stage.visit(manyNodes(30));
    await overview()
      .getByRole('link', { name: /^API server on / })
      .first()
      .waitFor();
    // A busy machine draws late, so it is what is asked for that is compared: nothing else while these are on their way.
    const [first, rest]: [readonly string[], number] = await evaluate(`(() => {
      const asked = performance.getEntriesByType('resource')
        .map(({ name, startTime, responseEnd }) => ({ path: new URL(name).pathname, startTime, responseEnd }))
        .filter(({ path }) => path.startsWith('/api/'))
        .toSorted((a, b) => a.startTime - b.startTime);
      const [one, two, ...rest] = asked;
      const drawn = Math.min(Math.max(one.responseEnd, two.responseEnd), one.startTime + 250);
      return [[one.path, two.path].toSorted(), rest.filter(({ startTime }) => startTime < drawn).length];
    })()`);
    expect(first).toEqual(['/api/v1/nodes', '/api/v1/status']);
    expect(rest).toBe(0);
    // What draws charts comes before anybody asks for a chart.
    await expect
      .poll(() => evaluate("performance.getEntriesByType('resource').some(({ name }) => /chart-/.test(name))"))
      .toBe(true);
    expect(await page.locator('.chart').count()).toBe(0);
  });

  describe('the overview, while a node is on show', () => {
    it('is out of reach for the keyboard and for screen readers', async () => {
      const { page, faults } = await stage.visit(threeDead());
      await overview().getByRole('link', { name: /^w2/ }).click();
      await page.getByRole('table', { name: 'Links of w2' }).waitFor();
      expect(await overview().count()).toBe(0);
      expect(await page.locator('.fleet-grid').count()).toBe(1);
      expect(await page.locator('.fleet-grid').isVisible()).toBe(false);
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send('Accessibility.getFullAXTree');
      const names = nodes.filter(({ ignored }) => !ignored).map(({ name }) => name?.value);
      expect(names).toContain('Links of w2');
      expect(names).not.toContain('Nodes and checks');
      for (let press = 0; press < 60; press += 1) {
        await page.keyboard.press('Tab');
        expect(await evaluate("document.activeElement.closest('.kept') === null")).toBe(true);
      }
      const ids: string[] = await evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)");
      expect(ids).toEqual([...new Set(ids)]);
      expect(await violations(page)).toEqual([]);
      expect(faults).toEqual([]);
    });

    it('stands still, asks for nothing, and is current when it is on show again', async () => {
      const scenario = threeDead();
      const { page, faults } = await stage.visit(scenario);
      await overview().getByRole('link', { name: /^w2/ }).click();
      await page.getByRole('table', { name: 'Links of w2' }).waitFor();
      stage.server.asked();
      const sentence = 'All of it is well again.';
      stage.server.say({ ...scenario, status: { ...scenario.status, sentence, findings: [] } });
      await page.getByRole('heading', { level: 1, name: sentence }).waitFor();
      expect(await changesOf('.kept', 4000)).toBe(0);
      const { paths } = stage.server.asked();
      expect(paths.filter((path) => /nodes$|nodes\/(?!w2)/.test(path))).toEqual([]);
      expect(await page.locator('.kept .finding').count()).toBeGreaterThan(0);
      await page.keyboard.press('Escape');
      await overview().waitFor();
      await expect.poll(() => page.locator('.finding').count()).toBe(0);
      expect(await changesOf('.fleet', 3000)).toBeGreaterThan(0);
      expect(faults).toEqual([]);
    });

    it('comes back as it was left', async () => {
      const { page, faults } = await stage.visit(manyNodes(60), SMALL);
      const link = overview().locator('.fleet-node a').nth(3);
      await link.focus();
      const name = await active();
      await evaluate("document.querySelector('.fleet-scroll').scrollTop = 40");
      await evaluate('scrollTo(0, 220)');
      await page.keyboard.press('Enter');
      await page.locator('#node-title').waitFor();
      await expect.poll(() => evaluate('scrollY')).toBe(0);
      await page.keyboard.press('Escape');
      await overview().waitFor();
      await expect.poll(() => evaluate('scrollY')).toBe(220);
      expect(await evaluate("document.querySelector('.fleet-scroll').scrollTop")).toBe(40);
      expect(await active()).toBe(name);
      expect(faults).toEqual([]);
    });

    it('is taken down for an earlier time', async () => {
      const { page } = await stage.visit(threeDead());
      await overview().getByRole('link', { name: /^w2/ }).click();
      await page.locator('#node-title').waitFor();
      expect(await page.locator('.kept').count()).toBe(1);
      await evaluate("location.hash = '#/?at=2026-11-20T02:14:05Z'");
      await expect.poll(() => page.locator('.kept, .fleet-grid').count()).toBe(0);
    });
  });
});
