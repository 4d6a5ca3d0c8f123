import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { type OwnNames, createHostNames } from './host-header.ts';

const OWN: OwnNames = { node: 'node-a', configured: ['meerkat.example.org', 'Status.Example.ORG.'] };
const OTHERS = ['node-b', 'ip-10-0-0-2.eu-west-1.compute.internal'];
const create = (own = OWN, others: () => readonly string[] = () => OTHERS) =>
  createHostNames(own, others, createFakeClock());

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
  'node-b',
  'Node-B.example.org:7575',
  'ip-10-0-0-2',
  'ip-10-0-0-2.eu-west-1',
  'ip-10-0-0-2.eu-west-1.compute.internal',
])('answers to %j', (host) => {
  expect(create().answersTo(host)).toBe(true);
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
  'ip-10-0-0-2.evil.example.org',
  'x.node-b',
  `node-a.${'x.'.repeat(4000)}`,
])('does not answer to %j', (host) => {
  expect(create().answersTo(host)).toBe(false);
});

it('answers to the short form of a full node name', () => {
  const full = { node: 'ip-10-0-0-1.eu-west-1.compute.internal', configured: [] };
  const names = create(full);

  expect(names.answersTo('ip-10-0-0-1:7575')).toBe(true);
  expect(names.answersTo('ip-10-0-0-1.eu-west-1.compute.internal')).toBe(true);
  expect(names.answersTo('ip-10')).toBe(false);
});

it('learns of new nodes within a second, and asks for them no oftener', async () => {
  const clock = createFakeClock();
  const others: string[] = [];
  let asked = 0;
  const names = createHostNames(
    OWN,
    () => {
      asked += 1;
      return others;
    },
    clock,
  );
  expect(names.answersTo('node-a')).toBe(true);
  expect(asked).toBe(0);
  for (let count = 0; count < 100; count += 1) expect(names.answersTo('node-c')).toBe(false);
  expect(asked).toBe(1);

  others.push('node-c');
  await clock.advance(1000);
  expect(names.answersTo('node-c')).toBe(true);
  expect(asked).toBe(2);
});
