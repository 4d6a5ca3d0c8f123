import { expect, it } from 'vitest';
import { narrow, shift, spanOf, widen, zoomOf, zoomTo } from './spans.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

it.each([
  ['3h', 3 * 3600],
  ['30d', 30 * 86_400],
  ['nonsense', 3 * 3600],
  ['2026-01-01T11:00:00Z..2026-01-01T10:00:00Z', 3 * 3600],
])('%s spans the last %i seconds', (choice, seconds) => {
  expect(spanOf(choice, NOW)).toEqual({ from: NOW / 1000 - seconds, to: NOW / 1000 });
});

it('goes to a part of the past and back', () => {
  const span = { from: NOW / 1000 - 7200, to: NOW / 1000 - 3600 };
  expect(zoomTo(span)).toBe('2026-01-01T10:00:00.000Z..2026-01-01T11:00:00.000Z');
  expect(zoomOf(zoomTo(span))).toEqual(span);
  expect(spanOf(zoomTo(span), NOW)).toEqual(span);
});

it('zooms into no less than a minute', () => {
  const at = NOW / 1000;
  expect(zoomOf(zoomTo({ from: at, to: at + 2 }))).toEqual({ from: at - 29, to: at + 31 });
});

it('widens to three times as much, not into the future and not beyond what is kept', () => {
  const now = NOW / 1000;
  expect(widen({ from: now - 600, to: now - 300 }, now)).toEqual({ from: now - 900, to: now });
  expect(widen({ from: now - 7200, to: now - 6900 }, now)).toEqual({ from: now - 7500, to: now - 6600 });
  expect(widen({ from: now - 20 * 86_400, to: now }, now).from).toBe(now - 30 * 86_400);
});

it('narrows to the middle, and goes earlier and later up to now', () => {
  expect(narrow({ from: 0, to: 300 })).toEqual({ from: 100, to: 200 });
  expect(shift({ from: 100, to: 300 }, -1, 1000)).toEqual({ from: 0, to: 200 });
  expect(shift({ from: 100, to: 300 }, 1, 340)).toEqual({ from: 140, to: 340 });
});
