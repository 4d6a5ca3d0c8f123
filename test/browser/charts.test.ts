/** The charts of a check in Chromium: what happened is marked on them, and dragging asks for a part of them again. */
import { describe, expect, it } from 'vitest';
import { CHROMIUM, hasChromium } from './lib/chromium.ts';
import { healthy } from './lib/scenarios.ts';
import { useStage } from './lib/stage.ts';

/** Seven hours ago the disk was slow: at 70 % of a day. */
const PAGE = '#/node/master-1/check/disk-latency?range=24h';
const SLOW = 1 - 7.05 / 24;

describe.skipIf(!hasChromium())(`charts (need ${CHROMIUM})`, () => {
  const stage = useStage('charts');
  const plot = () => stage.watched.page.locator('.chart .u-over').first();
  /** A place in the plot, as shares of its width and height. */
  async function pointAt(x: number, y = 0.5): Promise<readonly [number, number]> {
    const box = await plot().boundingBox();
    if (box === null) throw new Error('There is no plot.');
    return [box.x + x * box.width, box.y + y * box.height];
  }
  const rangeOf = (): string =>
    new URLSearchParams(new URL(stage.watched.page.url()).hash.split('?')[1] ?? '').get('range') ?? '';
  const hoursOf = (range: string): number => {
    const [from = '', to = ''] = range.split('..');
    return (Date.parse(to) - Date.parse(from)) / 3_600_000;
  };

  it('mark what happened, and say it where the pointer is', async () => {
    const { page, faults } = await stage.visit(healthy(), {}, PAGE);
    await plot().scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    await page.mouse.move(...(await pointAt(0.2)));
    expect(await page.locator('.chart-events').count()).toBe(0);
    await page.mouse.move(...(await pointAt(SLOW)));
    await expect.poll(() => page.locator('.chart-events').first().innerText()).toMatch(/UTC (raised|cleared) DiskSlow/);
    await page.screenshot({ path: stage.shot('marked.png'), fullPage: true });
    expect(faults).toEqual([]);
  });

  it('zoom by dragging, in the address, and ask for that part anew', async () => {
    const { page, faults } = await stage.visit(healthy(), {}, PAGE);
    await plot().scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    stage.server.asked();
    await page.mouse.move(...(await pointAt(0.25)));
    await page.mouse.down();
    await page.mouse.move(...(await pointAt(0.5)), { steps: 5 });
    await page.mouse.up();
    await expect.poll(rangeOf).toContain('..');
    expect(hoursOf(rangeOf())).toBeGreaterThan(5.5);
    expect(hoursOf(rangeOf())).toBeLessThan(6.5);
    await expect.poll(() => stage.server.asked().paths).toContain('/api/v1/series');
    const zoomed = rangeOf();
    await page.reload();
    await page.getByRole('button', { name: 'Wider' }).waitFor();
    expect(rangeOf()).toBe(zoomed);
    await page.getByRole('button', { name: 'Narrower' }).click();
    await expect.poll(() => Math.round(hoursOf(rangeOf()))).toBe(2);
    await page.getByRole('button', { name: '3 h' }).click();
    await expect.poll(rangeOf).toBe('');
    await page.getByRole('button', { name: 'Wider' }).waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });
});
