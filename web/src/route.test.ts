import { expect, it } from 'vitest';
import { checkAddress, formatRoute, momentAddress, parseRoute, type Route } from './route.ts';

it.each<[string, Route]>([
  ['', { view: 'overview' }],
  ['#', { view: 'overview' }],
  ['#/', { view: 'overview' }],
  ['#/?at=2026-11-20T02:14:05Z', { view: 'overview', at: Date.UTC(2026, 10, 20, 2, 14, 5) }],
  ['#/?at=2026-11-20T02:14:05.250Z', { view: 'overview', at: Date.UTC(2026, 10, 20, 2, 14, 5, 250) }],
  ['#/?at=yesterday', { view: 'overview' }],
  ['#/node/w1', { view: 'node', node: 'w1' }],
  ['#/node/w1/check/etcd', { view: 'check', node: 'w1', check: 'etcd' }],
  ['#/scenes', { view: 'scenes' }],
  ['#/scenes/20260101T120000-0a1b2c', { view: 'scenes', scene: '20260101T120000-0a1b2c' }],
  ['#/events', { view: 'events' }],
  ['#/events?type=Warning', { view: 'events' }],
  ['#/alerts', { view: 'alerts' }],
  ['#/node/w1/check/etcd?range=24h', { view: 'check', node: 'w1', check: 'etcd' }],
])('reads %s', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

it.each(['#/node', '#/events/a', '#/node/%E0%A4', '#/else', '#/node/w1/check', '#/node/w1/check/a/b'])(
  '%s leads nowhere',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'missing', address: hash });
  },
);

it('reads what it writes, whatever the names are', () => {
  for (const node of ['w1', 'a/b?c#d', '<img onerror>', 'ü %']) {
    const route: Route = { view: 'check', node, check: 'disk-space' };
    expect(parseRoute(formatRoute(route))).toEqual(route);
    expect(parseRoute(formatRoute({ view: 'node', node }))).toEqual({ view: 'node', node });
  }
  for (const route of [
    { view: 'scenes' },
    { view: 'scenes', scene: 'a/b' },
    { view: 'events' },
    { view: 'alerts' },
  ] as const)
    expect(parseRoute(formatRoute(route))).toEqual(route);
  expect(checkAddress('w1', 'etcd')).toBe('#/node/w1/check/etcd');
  for (const at of [Date.UTC(2026, 10, 20, 2, 14, 5), Date.UTC(2026, 10, 20, 2, 14, 5, 250)])
    expect(parseRoute(momentAddress(at))).toEqual({ view: 'overview', at });
  expect(momentAddress(Date.UTC(2026, 10, 20, 2, 14, 5))).toBe('#/?at=2026-11-20T02:14:05Z');
});
