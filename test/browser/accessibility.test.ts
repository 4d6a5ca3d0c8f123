/** Every view by the rules of axe-core for WCAG 2.2 A and AA: light, dark, on a phone. What it cannot see, people look at. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { violations } from './lib/axe.ts';
import { CHROMIUM, hasChromium } from './lib/chromium.ts';
import { manyNodes, threeDead } from './lib/clusters.ts';
import { pastNight } from './lib/pasts.ts';
import { critical, healthy, hostile, type Scenario, starting, storeDown } from './lib/scenarios.ts';
import { useStage } from './lib/stage.ts';

const FORMS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  'phone-dark': { colorScheme: 'dark', viewport: { width: 360, height: 780 } },
};

interface Shown {
  readonly make: () => Scenario;
  readonly hash?: string;
  /** What is done before it is looked at. */
  readonly act?: (page: Page) => Promise<unknown>;
}

const night = pastNight(Date.now());
const VIEWS: Readonly<Record<string, Shown>> = {
  healthy: { make: healthy },
  critical: { make: critical, act: (page) => page.getByText('consequences of this').click() },
  starting: { make: starting },
  'store down': { make: storeDown },
  'a stranger’s texts': { make: hostile },
  'three of five dead': { make: threeDead, act: (page) => page.locator('.event-first').waitFor() },
  'a hundred nodes': { make: () => manyNodes(100) },
  'a dead node': { make: threeDead, hash: '#/node/m1' },
  'a live node': { make: threeDead, hash: '#/node/w2' },
  'a check': { make: critical, hash: '#/node/master-1/check/disk-space?range=24h' },
  'no such address': { make: healthy, hash: '#/else' },
  'the past': { make: () => night.scenario, hash: `#/?at=${new Date(night.deadAt).toISOString()}` },
  'signing in': {
    make: () => ({ ...healthy(), token: 'secret' }),
    act: (page) => page.getByLabel('Token').last().waitFor(),
  },
  help: { make: healthy, act: (page) => page.keyboard.press('?') },
  search: { make: threeDead, act: (page) => page.keyboard.press('/') },
  'choosing a time': { make: threeDead, act: (page) => page.keyboard.press('t') },
  paused: { make: healthy, act: (page) => page.keyboard.press('p') },
};

describe.skipIf(!hasChromium())(`every view (needs ${CHROMIUM})`, () => {
  const stage = useStage('accessibility');

  describe.each(Object.entries(FORMS))('in %s', (_form, options) => {
    it.each(Object.entries(VIEWS))('has nothing against it: %s', async (name, { make, hash, act }) => {
      const { page } = await stage.visit(
        make(),
        { ...options, reducedMotion: 'reduce' },
        hash,
        name !== 'the past' && name !== 'signing in',
      );
      await act?.(page);
      await page.waitForTimeout(300);
      expect(await violations(page)).toEqual([]);
    });
  });

  it('of an agent that is gone has nothing against it', async () => {
    const { page } = await stage.visit(threeDead());
    stage.server.cut();
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('is looked at in Chinese, too', async () => {
    const { page } = await stage.visit(threeDead(), { locale: 'zh-CN' });
    await page.locator('.event-first').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('finds what is wrong, if there is something', async () => {
    const { page } = await stage.visit(healthy());
    await page.evaluate(
      "document.querySelector('.band-sentence').insertAdjacentHTML('beforeend', '<button></button>')",
    );
    expect((await violations(page)).join()).toContain('button-name');
  });
});
