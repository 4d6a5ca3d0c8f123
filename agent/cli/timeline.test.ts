import { expect, it } from 'vitest';
import { timelinePath } from './timeline.ts';

const path = (text: Readonly<Record<string, string>>, json = false): string =>
  timelinePath({ target: { host: '127.0.0.1', port: 7575 }, positionals: [], text, flags: new Set(), json });

it('asks for a day', () => {
  expect(path({})).toBe('/api/v1/timeline?from=-24h&format=text');
});

it('passes on every filter', () => {
  expect(path({ since: '7d', until: 'now', node: 'node-a', check: 'dns', limit: '5' }, true)).toBe(
    '/api/v1/timeline?from=-7d&to=now&node=node-a&check=dns&limit=5&format=json',
  );
});
