import { expect, it } from 'vitest';
import { answersTo } from './host-header.ts';

const NAMES = { node: 'node-a', configured: ['meerkat.example.org', 'Status.Example.ORG.'] };

it.each([
  undefined,
  '',
  'localhost',
  'localhost:7575',
  'LOCALHOST:7575',
  '127.0.0.1:7575',
  '10.0.0.7',
  '[::1]:7575',
  '[fe80::1]',
  'node-a',
  'NODE-A:7575',
  'node-a.',
  'node-a.cluster.example.org:7575',
  'meerkat.example.org',
  'status.example.org:443',
])('answers to %j', (host) => {
  expect(answersTo(host, NAMES)).toBe(true);
});

it.each([
  'evil.example.org',
  'node-a.evil:port',
  'node-ab',
  'x.node-a',
  'localhost.evil.example.org',
  '127.0.0.1.evil.example.org',
  'meerkat.example.org.evil.example.org',
  '::1:7575',
  '[::1',
  'a b',
  'user@localhost',
  'localhost:7575:1',
])('does not answer to %j', (host) => {
  expect(answersTo(host, NAMES)).toBe(false);
});

it('answers to the short form of a full node name', () => {
  const full = { node: 'ip-10-0-0-1.eu-west-1.compute.internal', configured: [] };

  expect(answersTo('ip-10-0-0-1:7575', full)).toBe(true);
  expect(answersTo('ip-10-0-0-1.eu-west-1.compute.internal', full)).toBe(true);
  expect(answersTo('ip-10', full)).toBe(false);
});
