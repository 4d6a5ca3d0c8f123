/** A built page, a browser and, for each test, a server that says what a scenario says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildPage } from './built-page.ts';
import { type WatchedPage, launchChromium, openPage } from './chromium.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';
import type { Scenario } from './scenarios.ts';

/** What the browser itself says when an answer is 503 or a connection is refused. */
export const EXPECTED_FAILURES = /Failed to load resource/;

export interface Stage {
  /** Of the test that runs. */
  readonly server: FixtureServer;
  readonly watched: WatchedPage;
  /** Opens the page and waits for the scenario's sentence, unless something else is to be on show. */
  visit(
    scenario: Scenario,
    options?: BrowserContextOptions,
    hash?: string,
    saysItsSentence?: boolean,
  ): Promise<WatchedPage>;
  /** Where a screenshot of this name goes. */
  shot(name: string): string;
}

/** For the tests of the suite that calls it. Prints where it puts screenshots. */
export function useStage(suite: string): Stage {
  let directory: string;
  let shots: string;
  let browser: Browser;
  let server: FixtureServer | undefined;
  let watched: WatchedPage | undefined;

  beforeAll(async () => {
    directory = await buildPage();
    shots = mkdtempSync(join(tmpdir(), `meerkat-${suite}-shots-`));
    browser = await launchChromium();
    process.stdout.write(`Screenshots: ${shots}\n`);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });
  afterEach(async () => {
    await watched?.close();
    await server?.stop();
  });

  return {
    get server() {
      return opened(server);
    },
    get watched() {
      return opened(watched);
    },
    async visit(scenario, options = {}, hash = '', saysItsSentence = true) {
      server = await startFixtureServer(directory, scenario);
      watched = await openPage(browser, server.origin, hash, options);
      const sentence = scenario.refusal ?? scenario.status.sentence;
      const heading = { level: 1, ...(saysItsSentence && { name: sentence }) };
      await watched.page.getByRole('heading', heading).waitFor();
      return watched;
    },
    shot: (name) => join(shots, name),
  };
}

function opened<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('No page was visited yet.');
  return thing;
}
