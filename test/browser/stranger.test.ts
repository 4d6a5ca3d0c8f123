/**
 * A member of the cluster that keeps no rules writes into its report what might do harm on a page: markup, characters
 * that control a terminal or turn the direction of what is written, and ten kilobytes of it. A real agent takes the
 * report over its mesh, and its page shows text.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BINDING, encodeBinding } from '../../agent/mesh/codec/binding.ts';
import { REPORT, encodeReport } from '../../agent/mesh/codec/report.ts';
import { parseClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import type { CheckResult } from '../../agent/model/report.ts';
import { eventually } from '../lib/agent-process.ts';
import { createInsider, type Insider } from '../lib/insider.ts';
import { createTokenAgents } from '../lib/token-agents.ts';
import { violations } from './lib/axe.ts';
import { buildPage, SERVED_FROM_SOURCES } from './lib/built-page.ts';
import { CHROMIUM, hasChromium, launchChromium, openPage, type WatchedPage } from './lib/chromium.ts';

const STRANGER = 'stranger';
const KNOWN_WITHIN_MS = 60_000;
const MESH_PORT = 7576;

/** What stands in the payload where the text comes, because whoever encodes a report by the rules cleans its texts. */
const PLACE = '@text@';
const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const TURNED = '\u202egnp.exe\u202c \u2066\u200f\u001b[31mred\u001b[0m\u0000\u0007\u009b';
const KILOBYTES = 10;
/** Longer than anything that the page itself says, and far shorter than what was sent. */
const LONGEST = 2000;
const TEXTS = {
  markup: MARKUP,
  turned: `turned ${TURNED}`,
  long: `long ${'x'.repeat(KILOBYTES * 1024)}`,
} as const;

/** A second, so that the report says so of a moment before it. */
const AGE_MS = 1000;

describe.skipIf(!hasChromium())(`texts of a stranger on the page of a real agent (needs ${CHROMIUM})`, () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-stranger-'));
  const shots = mkdtempSync(join(tmpdir(), 'meerkat-stranger-shots-'));
  const { start, agent, running, addressOf } = createTokenAgents(root, ['a', STRANGER], 170);
  let browser: Browser;
  let insider: Insider | undefined;
  let watched: WatchedPage | undefined;

  beforeAll(async () => {
    process.stdout.write(`Screenshots: ${shots}\n`);
    await buildPage(SERVED_FROM_SOURCES);
    browser = await launchChromium();
    await start('a');
    const { key, clusterId } = await eventually(
      async () => ({
        key: parseClusterKeys(readFileSync(join(root, 'a', 'cluster.key'), 'utf8'))[0],
        clusterId: readFileSync(join(root, 'a', 'cluster.id'), 'utf8').trim(),
      }),
      (read) => read.key !== undefined,
      KNOWN_WITHIN_MS,
    );
    if (key === undefined) throw new Error('there is no key');
    insider = await createInsider({ key, clusterId, listen: `${addressOf(STRANGER)}:0` });
    const stranger = insider;
    const words = [
      stranger.say(BINDING, encodeBinding({ boot: 1, sequence: 1, node: STRANGER }, { generation: 1 })),
      stranger.say(REPORT, hostileReport(Object.values(TEXTS))),
    ];
    // The key is on the disk before anybody listens.
    await eventually(
      () => stranger.bring(`${addressOf('a')}:${MESH_PORT}`, words),
      () => true,
      KNOWN_WITHIN_MS,
    );
    await eventually(
      async () => (await fetch(`${originOf()}/api/v1/nodes/${STRANGER}`)).status,
      (status) => status === 200,
      KNOWN_WITHIN_MS,
    );
  }, 180_000);
  afterAll(async () => {
    await watched?.close();
    await browser?.close();
    await insider?.stop();
    await Promise.all([...running.values()].map((one) => one.cleanUp()));
    rmSync(root, { recursive: true });
  });

  const originOf = (): string => new URL(agent('a').url).origin;

  it.each(['#/node/stranger', '#/node/stranger/check/kernel'])('is text at %s', async (hash) => {
    watched = await openPage(browser, originOf(), hash);
    const { page, faults } = watched;
    // All three are there, each as far as it goes.
    for (const shown of [MARKUP.slice(0, 30), 'turned ', `long ${'x'.repeat(100)}`])
      await page.getByText(shown).first().waitFor({ timeout: KNOWN_WITHIN_MS });
    await page.screenshot({ path: join(shots, `${hash.replaceAll(/\W+/g, '-')}.png`), fullPage: true });
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).not.toContain('owned');
    expect(await harmfulIn(page)).toEqual([]);
    expect(await longestText(page)).toBeLessThanOrEqual(LONGEST);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
    await watched.close();
  });
});

/** A report whose problems say these texts as they are. */
function hostileReport(texts: readonly string[]): Uint8Array {
  const madeAt = Date.now();
  const result: CheckResult = {
    check: 'kernel',
    status: 'problem',
    problems: texts.map((_, index) => ({
      reason: 'KernelOops',
      // An envelope has 16 KiB: the long one has room for one place.
      subject: `${PLACE}${index % 2}`,
      message: `${PLACE}${index}`,
      severity: 'critical',
      since: madeAt - AGE_MS,
    })),
    since: madeAt - AGE_MS,
    ageMs: AGE_MS,
    durationMs: 1,
    intervalMs: 60_000,
    readings: [],
    confirming: false,
    ended: [],
  };
  const payload = encodeReport(
    { boot: 1, sequence: 1, contentSequence: 1 },
    {
      report: { node: STRANGER, version: `${PLACE}0`, startedAt: madeAt - AGE_MS, results: [result] },
      madeAt,
      edges: [],
      store: { state: 'failed', since: madeAt - AGE_MS, message: `${PLACE}1` },
      addresses: [],
    },
  );
  const json = Buffer.from(payload)
    .toString()
    .replaceAll(new RegExp(`"${PLACE}(\\d)"`, 'g'), (_, index) => JSON.stringify(texts[Number(index)]));
  return Buffer.from(json);
}

/** Nodes of text with characters that control something. */
const harmfulIn = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data;
      if (/[\\u0000-\\u0008\\u000e-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/.test(text)) found.push(text);
    }
    return found;
  })()`);

const longestText = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    let longest = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) longest = Math.max(longest, walker.currentNode.data.length);
    return longest;
  })()`);
