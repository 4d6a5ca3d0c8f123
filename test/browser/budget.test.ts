/** What the page weighs: it is read through a port forward at night. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { buildPage } from './lib/built-page.ts';

const MAX_BYTES = 81_000;
/** Read only by who reads another language than English. */
const LANGUAGE = /^assets\/zh-[\w-]+\.js$/;
const MAX_LANGUAGE_BYTES = 12_000;
/** Read only by who asks for scenes of failures. */
const SCENES = /^assets\/scenes-[\w-]+\.js$/;
const MAX_SCENES_BYTES = 3000;
/** Read only by who asks for events or alerts, in both languages. */
const WATCHED = /^assets\/watched-[\w-]+\.js$/;
const MAX_WATCHED_BYTES = 8000;

it('is at most 81 kB of gzipped scripts and styles, and nothing inline', async () => {
  const directory = await buildPage();
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const weigh = (some: readonly string[]): number =>
    some.reduce((sum, name) => sum + gzipSync(readFileSync(join(directory, name)), { level: 9 }).length, 0);
  const loaded = names.filter((name) => /\.(js|css)$/.test(name));
  const bytes = weigh(loaded.filter((name) => ![LANGUAGE, SCENES, WATCHED].some((one) => one.test(name))));
  const language = weigh(loaded.filter((name) => LANGUAGE.test(name)));
  const scenes = weigh(loaded.filter((name) => SCENES.test(name)));
  const watched = weigh(loaded.filter((name) => WATCHED.test(name)));
  const html = readFileSync(join(directory, 'index.html'), 'utf8');
  rmSync(directory, { recursive: true });
  process.stdout.write(
    `The page weighs ${bytes} bytes gzipped, of ${MAX_BYTES}; Chinese ${language} more, scenes ${scenes}, events and alerts ${watched}.\n`,
  );
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(language).toBeGreaterThan(1000);
  expect(language).toBeLessThanOrEqual(MAX_LANGUAGE_BYTES);
  expect(scenes).toBeGreaterThan(500);
  expect(scenes).toBeLessThanOrEqual(MAX_SCENES_BYTES);
  expect(watched).toBeGreaterThan(1000);
  expect(watched).toBeLessThanOrEqual(MAX_WATCHED_BYTES);
  expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|https?:/);
});
