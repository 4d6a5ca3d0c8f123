/** Chromium, and a page that remembers everything that must not happen. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const hasChromium = (): boolean => existsSync(CHROMIUM);

/** A fresh profile each time. Without a sandbox, because root has none. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console (a violation of the content security policy is one), exceptions, foreign requests. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** `hash`: which view of the page. */
export async function openPage(
  browser: Browser,
  origin: string,
  hash = '',
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, origin: target } = new URL(request.url());
    if (protocol !== 'data:' && target !== origin) faults.push(`foreign request: ${request.url()}`);
  });
  await page.goto(`${origin}/${hash}`, { waitUntil: 'domcontentloaded' });
  return { page, faults, close: () => context.close() };
}
