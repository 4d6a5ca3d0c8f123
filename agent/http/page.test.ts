import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadPage } from './page.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-page-'));
  mkdirSync(join(directory, 'assets'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

it('serves nothing where no page was built', async () => {
  write('assets/left-over.js', '1');

  expect(await loadPage(directory)).toEqual([]);
  expect(await loadPage(join(directory, 'missing'))).toEqual([]);
});

it('keeps the page fresh and its hashed files for ever', async () => {
  write('index.html', '<!doctype html>');
  write('assets/main-BxY12345.js', 'export {}');
  write('icon.svg', '<svg/>');

  const files = await loadPage(directory);
  const headers = Object.fromEntries(files.map((file) => [file.path, [file.contentType, file.cacheControl]]));

  expect(headers).toEqual({
    '/': ['text/html; charset=utf-8', 'no-cache'],
    '/assets/main-BxY12345.js': ['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    '/icon.svg': ['image/svg+xml', 'no-cache'],
  });
});

it('compresses once and names the content', async () => {
  write('index.html', 'same '.repeat(1000));
  write('copy.html', 'same '.repeat(1000));
  write('other.html', 'other');

  const files = new Map((await loadPage(directory)).map((file) => [file.path, file]));

  expect(gunzipSync(files.get('/')!.gzipped).toString()).toBe('same '.repeat(1000));
  expect(files.get('/')?.etag).toBe(files.get('/copy.html')?.etag);
  expect(files.get('/')?.etag).not.toBe(files.get('/other.html')?.etag);
});

it('leaves out what is no part of a page', async () => {
  write('index.html', '');
  write('assets/main.js.map', '{}');
  write('a:b.js', '');

  expect((await loadPage(directory)).map(({ path }) => path)).toEqual(['/']);
});

it('refuses more than a page of ours ever holds', async () => {
  write('index.html', '');
  write('big.js', 'x'.repeat(5 * 1024 * 1024));

  await expect(loadPage(directory)).rejects.toThrow('holds more than');
});
