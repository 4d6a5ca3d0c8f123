import { expect, it } from 'vitest';
import { NOON, aReport, aResult } from '../../test/lib/fixtures.ts';
import { MAX_SHARED_READINGS, sharedOf, sharedSamples } from './shared.ts';

const isShared = (_check: string, reading: string): boolean => reading.startsWith('shared_');
const report = aReport([
  aResult({
    check: 'etcd',
    ageMs: 500,
    readings: [
      { name: 'shared_seconds', value: 1 },
      { name: 'own_seconds', value: 2 },
      { name: 'shared_ratio', subject: '/dev/sda', value: 3 },
    ],
  }),
  aResult({ check: 'new', readings: [{ name: 'shared_count', value: 4 }] }),
]);

it('lets only shared readings travel', () => {
  expect(sharedOf(report, isShared).results.map(({ readings }) => readings)).toEqual([
    [{ name: 'shared_seconds', value: 1 }],
    [{ name: 'shared_count', value: 4 }],
  ]);
});

it('dates a peer’s readings by the own clock', () => {
  expect(sharedSamples(report, NOON, isShared)[0]).toEqual({
    at: NOON - 500,
    key: { node: 'node-a', check: 'etcd', reading: 'shared_seconds' },
    value: 1,
  });
});

it('takes a few of each node, whatever it sends', () => {
  const readings = Array.from({ length: 50 }, (_, index) => ({ name: `shared_${index}`, value: index }));
  expect(sharedSamples(aReport([aResult({ readings })]), NOON, isShared)).toHaveLength(MAX_SHARED_READINGS);
});
