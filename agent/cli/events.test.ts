import { expect, it } from 'vitest';
import { eventsPath } from './events.ts';

const path = (text: Readonly<Record<string, string>>, flags: readonly string[] = [], json = false): string =>
  eventsPath({ target: { host: '127.0.0.1', port: 7575 }, positionals: [], text, flags: new Set(flags), json });

it('asks for an hour', () => {
  expect(path({})).toBe('/api/v1/events?since=-1h&format=text');
});

it('passes on every filter', () => {
  const text = {
    since: '7d',
    until: '15m',
    namespace: 'prod',
    kind: 'Pod',
    name: 'api-0',
    uid: 'p-1',
    reason: 'BackOff',
    type: 'Warning',
    node: 'n1',
    limit: '5',
  };
  expect(path(text, ['sightings'], true)).toBe(
    '/api/v1/events/sightings?since=-7d&until=-15m&namespace=prod&kind=Pod&name=api-0&uid=p-1&reason=BackOff&type=Warning&node=n1&limit=5&format=json',
  );
});
