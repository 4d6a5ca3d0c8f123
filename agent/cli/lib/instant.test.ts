import { expect, it } from 'vitest';
import { NOON } from '../../../test/lib/fixtures.ts';
import { instantOf } from './instant.ts';

it.each([
  ['11:30', '2026-01-01T11:30:00.000Z'],
  ['9:05', '2026-01-01T09:05:00.000Z'],
  ['11:30:07', '2026-01-01T11:30:07.000Z'],
  // It was yesterday: nobody asks for what will be.
  ['14:02', '2025-12-31T14:02:00.000Z'],
  ['2h ago', '-2h'],
  ['2 hours ago', '-2h'],
  ['90s', '-90s'],
  ['15 min ago', '-15m'],
  ['1 day ago', '-1d'],
  ['-3h', '-3h'],
  ['now', 'now'],
  ['2025-12-24 18:00', '2025-12-24T18:00:00.000Z'],
  ['2025-12-24T18:00:01', '2025-12-24T18:00:01.000Z'],
  ['2025-12-24T18:00:00Z', '2025-12-24T18:00:00Z'],
  ['2025-12-24T18:00:00+01:00', '2025-12-24T18:00:00+01:00'],
  ['1766599200', '1766599200'],
])('takes %s', (text, instant) => {
  expect(instantOf(text, NOON)).toBe(instant);
});

it.each(['', 'yesterday', '25:00', '12:60', '2 weeks ago', '2h later', '2025-13-01 10:00', '12', '3 ago'])(
  'does not take %j for a time',
  (text) => {
    expect(instantOf(text, NOON)).toBeUndefined();
  },
);
