import { expect, it } from 'vitest';
import type { ApiClusterEvent } from '../../../agent/http/contract/events.ts';
import { DEFAULT_FILTER, filterIn, matches, withFilter } from './event-filter.ts';

const FILTER = { since: '24h', type: 'Warning', namespace: 'prod', text: 'back off&more' };

it('reads what it writes, and leaves what is of others', () => {
  const hash = withFilter(FILTER, '#/events?range=24h');
  expect(filterIn(hash)).toEqual(FILTER);
  expect(hash).toContain('range=24h');
  expect(withFilter(DEFAULT_FILTER, hash)).toBe('#/events?range=24h');
  expect(withFilter(DEFAULT_FILTER, '#/events')).toBe('#/events');
});

it.each(['#/events', '#/events?since=9y', '#/events?since=', '#/events?other=1'])('takes nothing from %s', (hash) => {
  expect(filterIn(hash)).toEqual(DEFAULT_FILTER);
});

it('cuts what no page wrote', () => {
  expect(filterIn(`#/events?text=${'a'.repeat(1000)}`).text).toHaveLength(253);
});

const EVENT: ApiClusterEvent = {
  uid: 'e-1',
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  kind: 'Pod',
  namespace: 'prod',
  name: 'api-0',
  component: 'kubelet',
  node: 'n3',
  first: '2026-01-01T11:00:00Z',
  at: '2026-01-01T12:00:00Z',
  count: 1,
  occurrences: 1,
};

it.each([
  ['', true],
  ['backoff', true],
  ['prod/api', true],
  ['N3 kubelet', true],
  [' restarting ', true],
  ['backoff worker', false],
  ['undefined', false],
])('finds %j: %s', (text, isFound) => {
  expect(matches(EVENT, text)).toBe(isFound);
});
