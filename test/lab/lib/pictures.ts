/**
 * What the page shows while a fault stands, in a real browser: it has to say the agent's sentence, without an error and
 * without a violation of the rules for accessibility.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { violations } from '../../browser/lib/axe.ts';
import { hasChromium, launchChromium, openPage } from '../../browser/lib/chromium.ts';
import { statusOf } from './agents.ts';
import type { LabHost } from './lab/types.ts';

/** Where the pictures go; without it none are taken. No name of a setting, or the agents would refuse it. */
const DIRECTORY = process.env['LAB_PICTURES'];
const HTTP_PORT = 7575;
const SHOWN_WITHIN_MS = 30_000;
/** What an agent concludes is on the page by then. */
const SHOWN_AFTER_MS = 3000;
/** Of different agents, where they do not say the same: the sides of a partition. */
const MOST = 2;

/**
 * One picture of each sentence that the hosts' agents say, named after `name`.
 *
 * @returns what is wrong with the pages
 */
export async function takePictures(name: string, hosts: readonly LabHost[]): Promise<readonly string[]> {
  if (DIRECTORY === undefined || !hasChromium()) return [];
  mkdirSync(DIRECTORY, { recursive: true });
  const bySentence = new Map<string, LabHost>();
  for (const host of hosts) {
    const { sentence } = await statusOf(host);
    if (!bySentence.has(sentence)) bySentence.set(sentence, host);
  }
  const browser = await launchChromium();
  try {
    const wrong: string[] = [];
    for (const host of [...bySentence.values()].slice(0, MOST)) {
      const file = join(DIRECTORY, `${name.replaceAll(/[^\w]+/g, '-')}-by-${host.name}.png`);
      wrong.push(...(await takePicture(browser, host, file)).map((fault) => `${host.name}: ${fault}`));
    }
    return wrong;
  } finally {
    await browser.close();
  }
}

async function takePicture(browser: Browser, host: LabHost, file: string): Promise<readonly string[]> {
  const opened = await openPage(browser, `http://${host.address}:${HTTP_PORT}`);
  const { page, faults } = opened;
  try {
    const headline = page.locator('h1');
    await headline.filter({ hasText: /\w/ }).waitFor({ timeout: SHOWN_WITHIN_MS });
    await page.locator('.fleet-row').first().waitFor({ timeout: SHOWN_WITHIN_MS });
    const before = await statusOf(host);
    await page.waitForTimeout(SHOWN_AFTER_MS);
    await page.screenshot({ path: file, fullPage: true });
    const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
    // What was said before and is said after it was so all the time.
    const after = new Set((await statusOf(host)).findings.map(({ id }) => id));
    const unsaid = before.findings
      .filter(({ id }) => after.has(id))
      .filter(({ severity, causedBy }) => severity !== 'info' && causedBy === undefined)
      .filter(({ reason, sentence }) => !text.includes(reason) || !text.includes(beforeNumbers(sentence)))
      .map(({ id, sentence }) => `the page does not say ${id}: ${sentence}`);
    return [...faults, ...(await violations(page)), ...unsaid];
  } finally {
    await opened.close();
  }
}

/** Its first words: figures and times behind them may have changed meanwhile. */
const beforeNumbers = (sentence: string): string =>
  sentence
    .replace(/^\S+: /, '')
    .split(/[:,(]/)[0]
    ?.trim() ?? '';
