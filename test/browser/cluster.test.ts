/** The page of a cluster in Chromium: five nodes of which three are dead, thirty, one node, and a partition. */
import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, hasChromium, type WatchedPage } from './lib/chromium.ts';
import { manyNodes, threeDead } from './lib/clusters.ts';
import { badSights, partition } from './lib/partitions.ts';
import { healthy } from './lib/scenarios.ts';
import { EXPECTED_FAILURES, useStage } from './lib/stage.ts';

/** Each width once, and each scheme on a desk and on a phone. */
const FORMS: Readonly<Record<string, BrowserContextOptions>> = {
  'light-1280': { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  'dark-390': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  'light-320': { colorScheme: 'light', viewport: { width: 320, height: 640 } },
  'dark-2560': { colorScheme: 'dark', viewport: { width: 2560, height: 1440 } },
};
/** Beside the stream: as many as a browser has connections for one agent. */
const MOST_AT_ONCE = 6;

describe.skipIf(!hasChromium())(`the page of a cluster (needs ${CHROMIUM})`, () => {
  const stage = useStage('cluster');
  const grid = () => stage.watched.page.getByRole('grid', { name: 'Nodes and checks' });
  const cell = (name: RegExp) => grid().getByRole('link', { name });
  const rowNames = (): Promise<string[]> => grid().locator('.fleet-name').allInnerTexts();
  /** How many have the colour of what is fine. */
  const greens = (icons: string): Promise<number> =>
    stage.watched.page.evaluate(`(() => {
      const probe = document.createElement('span');
      probe.className = 'icon-ok';
      document.body.append(probe);
      const green = getComputedStyle(probe).color;
      probe.remove();
      return [...document.querySelectorAll('${icons}')].filter((icon) => getComputedStyle(icon).color === green).length;
    })()`);
  const focused = (): Promise<string> =>
    stage.watched.page.evaluate(
      "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
    );

  describe.each(Object.entries(FORMS))('in %s', (form, options) => {
    it.each([
      ['five', threeDead, ''],
      ['thirty', () => manyNodes(30), ''],
      ['sixty', () => manyNodes(60), ''],
      ['partition', partition, ''],
      ['dead-node', threeDead, '#/node/m1'],
      ['live-node', threeDead, '#/node/w2'],
    ] as const)('shows %s', async (name, make, hash) => {
      const scenario = make();
      const { page, faults } = await stage.visit(scenario, options, hash);
      if (hash === '')
        await cell(/^API server on /)
          .first()
          .waitFor();
      else await page.getByRole('table', { name: /^Links of/ }).waitFor();
      await page.screenshot({ path: stage.shot(`${name}-${form}.png`), fullPage: true });
      expect(await widthBeyondScreen(page), 'nothing is wider than the screen').toBeLessThanOrEqual(0);
      expect(faults).toEqual([]);
    });
  });

  describe('with three of five nodes dead', () => {
    it('says from where it is seen and how many are connected', async () => {
      const { page } = await stage.visit(threeDead());
      await page.getByText('Seen from w1 · 2 of 5 members connected').waitFor();
      expect(await rowNames()).toEqual(['m1', 'm2', 'm3', 'w1', 'w2']);
      await page.getByText('5 nodes, 2 with problems, 3 not connected').waitFor();
    });

    it('shows the dead as history: hatched, with their state and since when', async () => {
      const { page } = await stage.visit(threeDead());
      await cell(/^etcd on m1: was ok since .* UTC, last run .* UTC$/).waitFor();
      await cell(/^Disk latency on m2: was problem/).waitFor();
      const rows = grid().locator('.fleet-row');
      expect(await rows.nth(0).innerText()).toMatch(/unreachable since (\d\d-\d\d )?\d\d:\d\dZ/);
      expect(await rows.nth(2).innerText()).toMatch(/agent down since/);
      const backgrounds = await page.evaluate(
        "[...document.querySelectorAll('.fleet-row')].map((row) => getComputedStyle(row.cells[1]).backgroundImage.slice(0, 9))",
      );
      expect(backgrounds).toEqual(['repeating', 'repeating', 'repeating', 'none', 'none']);
      expect(await greens('.fleet-row.history .icon'), 'nothing of a dead node is green').toBe(0);
      expect(await greens('.fleet-row:not(.history) .icon')).toBeGreaterThan(20);
    });

    it('leads through the grid by the keyboard, with one stop for the tab key', async () => {
      const { page } = await stage.visit(threeDead());
      await cell(/^etcd on m1/).waitFor();
      expect(await grid().locator('[tabindex="0"]').count()).toBe(1);
      await grid().locator('[tabindex="0"]').focus();
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight'])
        await page.keyboard.press(key);
      expect(await focused()).toMatch(/^API server on w1: problem since/);
      const hint = page.getByRole('tooltip');
      expect(await hint.innerText()).toMatch(
        /API server on w1\s*problem\s*since .* for 4m.*do not answer\.\s*Last run \d+s ago/s,
      );
      await page.keyboard.press('Escape');
      await hint.waitFor({ state: 'detached' });
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'API server' }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/node/w1/check/apiserver');
    });

    it('draws who sees whom', async () => {
      const { page } = await stage.visit(threeDead());
      const matrix = page.getByRole('grid', { name: 'Who sees whom' });
      await matrix.getByRole('img', { name: 'w1 sees m1: lost' }).waitFor();
      await matrix.getByRole('img', { name: 'w2 sees m3: refused' }).waitFor();
      await matrix.getByRole('img', { name: 'm1 sees w1: was good' }).waitFor();
      await matrix.getByRole('img', { name: 'w1 sees w2: good' }).hover();
      expect(await page.getByRole('tooltip').innerText()).toMatch(
        /round trip 380\sµs, 0\s% lost there, 0\s% back, clock \+1\.2\sms/,
      );
    });

    it('shows what is known of a dead node, as history', async () => {
      const { page, faults } = await stage.visit(threeDead(), {}, '#/node/m2');
      await page
        .getByText(/w1 does not hear the agent on m2 now\. What follows is what it last said, 4m \d+s ago\./)
        .waitFor();
      await page.getByText('Its observers say').waitFor();
      await page.getByText(/^control plane\s*zone eu-1a$/).waitFor();
      await page.getByRole('cell', { name: 'was warning' }).waitFor();
      expect(await page.getByRole('cell', { name: 'ok', exact: true }).count()).toBe(0);
      expect(await greens('.checks .icon')).toBe(0);
      await page.getByText('Writes to /var/lib/meerkat took 412 ms').first().waitFor();
      const links = page.getByRole('table', { name: 'Links of m2' });
      expect(await links.getByRole('row', { name: /^w1/ }).innerText()).toMatch(/was good\s+lost\s*since/);
      expect(faults).toEqual([]);
    });

    it('draws charts of a peer, of the check that is chosen', async () => {
      const { page } = await stage.visit(threeDead(), {}, '#/node/w2');
      await page.getByRole('combobox', { name: 'Show the history of one check' }).selectOption({ label: 'Disk space' });
      await page.getByRole('img', { name: /^Used, \/var\/lib\/etcd: from/ }).waitFor();
      await page.getByRole('button', { name: '24 h' }).click();
      await page.getByRole('button', { name: '24 h', pressed: true }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/node/w2?check=disk-space&range=24h');
    });

    it('shows the history of a peer and says which', async () => {
      const { page } = await stage.visit(threeDead(), {}, '#/node/w2/check/apiserver');
      await page.getByText(/keeps only the shared readings of other nodes, one point a minute/).waitFor();
    });

    it('greys everything when its own agent is gone, and says since when', async () => {
      const { page } = await stage.visit(threeDead());
      await cell(/^etcd on m1/).waitFor();
      stage.server.cut();
      await page.getByRole('alert').getByText('No answer from this agent').waitFor();
      await page.getByText(/What you see is from \d\d:\d\d:\d\d UTC/).waitFor();
      expect(await page.evaluate("getComputedStyle(document.querySelector('.page')).filter")).toBe('grayscale(1)');
      expect(await page.evaluate("document.querySelector('.page .fleet-grid') !== null")).toBe(true);
      await page.screenshot({ path: stage.shot('lost.png'), fullPage: true });
      stage.server.restore();
      await page.getByText('Live', { exact: true }).waitFor();
      expect(stage.watched.faults.filter((fault) => !EXPECTED_FAILURES.test(fault))).toEqual([]);
    });

    it('shows at once what the stream says of the cluster', async () => {
      const before = threeDead();
      await stage.visit(before);
      await cell(/^etcd on m1: was ok/).waitFor();
      const [, ...others] = before.peers ?? [];
      const { checks, version } = before.peers![0]!;
      const back = {
        node: 'm1',
        status: 'ok' as const,
        sentence: '',
        ageSeconds: 1,
        freshness: 'current' as const,
        member: 'alive' as const,
        counts: { ok: 20, problem: 0, unknown: 0, absent: 2 },
        checks: checks.map(({ lastStatus = 'ok', why: _why, ...check }) => ({
          ...check,
          status: lastStatus,
          overdue: false,
          ageSeconds: 1,
        })),
        ...(version !== undefined && { version }),
      };
      stage.server.say({
        ...before,
        peers: [back, ...others],
        status: { ...before.status, view: { ...before.status.view, current: 3, component: 3 } },
      });
      await cell(/^etcd on m1: ok/).waitFor({ timeout: 8000 });
    });
  });

  it('shows one node as itself, without a cluster around it', async () => {
    const { page, faults } = await stage.visit(healthy());
    await page.getByRole('heading', { level: 2, name: 'Checks on master-1' }).waitFor();
    await page.getByText('Seen from master-1 · 1 of 1 member connected').waitFor();
    await page.waitForTimeout(1500);
    expect(await page.getByRole('grid').count()).toBe(0);
    const { paths } = stage.server.asked();
    expect(paths.filter((path) => /members|matrix/.test(path))).toEqual([]);
    // Before the status is there nobody knows that it is the only one.
    expect(paths.filter((path) => path.endsWith('nodes')).length).toBeLessThanOrEqual(1);
    expect(faults).toEqual([]);
  });

  describe('with sixty nodes', () => {
    it('asks for what is in view, a few at a time', async () => {
      await stage.visit(manyNodes(60));
      await cell(/^Kubelet on master-1/).waitFor();
      const { paths, mostAtOnce } = stage.server.asked();
      expect(new Set(paths.filter((path) => path.includes('/nodes/'))).size).toBeLessThan(50);
      expect(mostAtOnce).toBeLessThanOrEqual(MOST_AT_ONCE);
    });

    it('groups by role and zone, puts trouble first, and finds a node by its name', async () => {
      const { page } = await stage.visit(manyNodes(60));
      await cell(/^Kubelet on master-1/).waitFor();
      const heads = grid().locator('.fleet-group-name');
      expect((await heads.allInnerTexts()).slice(0, 3)).toEqual(['Control plane', 'Workers, eu-1a', 'Workers, eu-1b']);
      await page.getByRole('button', { name: /^Not fine/ }).click();
      await page.getByText(/^4 of 60 nodes shown$/).waitFor();
      expect(await rowNames()).toEqual(['worker-007', 'worker-005', 'worker-036', 'worker-040']);
      await page.getByRole('searchbox', { name: /name contains/ }).fill('-03');
      await page.getByText('1 of 60 nodes shown').waitFor();
      expect(await rowNames()).toEqual(['worker-036']);
      await page.getByRole('searchbox', { name: /name contains/ }).fill('nothing');
      await page.getByText('None of the 60 nodes is like that.').waitFor();
    });
  });

  describe('in a partition', () => {
    it('says which parts do not reach each other, and draws them as blocks', async () => {
      const { page } = await stage.visit(partition());
      const matrix = page.getByRole('grid', { name: 'Who sees whom' });
      await matrix.waitFor();
      const stands = page.getByRole('list', { name: 'What stands out' });
      expect(await stands.innerText()).toMatch(/^Parts that do not reach each other: a01, .* \| b01, /);
      const rows = await matrix.getByRole('rowheader').allInnerTexts();
      expect(rows.map((name) => name.trim().slice(0, 1)).join('')).toBe('aaaaaaaabbbbbb');
      expect(await matrix.locator('.matrix-row-edge').count()).toBe(1);
    });

    it('says which node sees badly, which nobody sees, and which link is one way', async () => {
      const { page } = await stage.visit(badSights());
      const stands = page.getByRole('list', { name: 'What stands out' });
      await stands.waitFor();
      const said = await stands.innerText();
      expect(said).toContain('a07: 7 of the 7 that look at it see it badly.');
      expect(said).toContain('a03 sees 6 of 6 badly');
      expect(said).toContain('One way: a01 sees a02 badly, and a02 sees a01 well.');
      await page.getByRole('button', { name: 'Round trip', exact: true }).click();
      await page.locator('.link-level-3').first().waitFor();
      await page.screenshot({ path: stage.shot('bad-sights.png'), fullPage: true });
      await page.getByRole('button', { name: 'Pods', exact: true }).click();
      await page.getByText('No node has an overlay responder').waitFor();
    });
  });
});

const widthBeyondScreen = (page: WatchedPage['page']): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
