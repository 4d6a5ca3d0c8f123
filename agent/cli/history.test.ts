import { expect, it } from 'vitest';
import { seriesPath } from './history.ts';

const path = (positionals: readonly string[], text: Readonly<Record<string, string>> = {}, json = false): string =>
  seriesPath({ target: { host: '127.0.0.1', port: 7575 }, positionals, text, flags: new Set(), json });

it.each([
  [['disk-space'], 'check=disk-space'],
  [['disk-space', 'used_ratio'], 'check=disk-space&reading=used_ratio'],
  [['node-a', 'disk-space'], 'check=disk-space&node=node-a'],
  [['node_a', 'disk-space', 'used_ratio'], 'check=disk-space&reading=used_ratio&node=node_a'],
])('%j asks %s', (positionals, query) => {
  expect(path(positionals)).toBe(`/api/v1/series?${query}&from=-3h&format=text`);
});

it('passes on the time, the subject and the form', () => {
  const text = { since: '2026-01-01T12:00:00+01:00', until: '15m', subject: '/var lib' };

  expect(path(['disk-space'], text, true)).toBe(
    '/api/v1/series?check=disk-space&subject=%2Fvar+lib&from=2026-01-01T12%3A00%3A00%2B01%3A00&to=-15m&format=json',
  );
});

it('asks for the check', () => {
  expect(() => path([])).toThrow(/^Name the check\.\n\nUsage: meerkat history/);
});
