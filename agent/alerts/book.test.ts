import { expect, it } from 'vitest';
import type { SeenAlert } from './alert.ts';
import { type Look, MAX_KEPT, createBook } from './book.ts';

const seen = (name: string, severity: 'critical' | 'warning', isCause = true): SeenAlert => ({
  alert: { fingerprint: name, reason: name, severity, nodes: [name], sentence: name, since: 0, observers: [] },
  isCause,
});
const at = (nowMs: number): Look => ({ nowMs, now: nowMs, isVisible: () => true, isEndAwaited: () => false });

it('has room for causes before consequences, the graver before the rest, and what stands for long', () => {
  const book = createBook(60_000);
  const old = Array.from({ length: 10 }, (_, index) => seen(`old${index}`, 'warning'));
  book.follow(old, at(1000));
  const consequences = Array.from({ length: MAX_KEPT }, (_, index) => seen(`follows${index}`, 'critical', false));
  const causes = Array.from({ length: MAX_KEPT }, (_, index) =>
    seen(`cause${index}`, index % 100 === 0 ? 'critical' : 'warning'),
  );
  const late = causes.map((one) => ({ ...one, alert: { ...one.alert, since: 5000 } }));
  book.follow([...old, ...consequences, ...late], at(10_000));
  const kept = book.all();
  expect(kept).toHaveLength(MAX_KEPT);
  expect(kept.filter(({ isCause }) => !isCause)).toEqual([]);
  expect(kept.filter(({ alert }) => alert.severity === 'critical')).toHaveLength(10);
  expect(kept.filter(({ alert }) => alert.fingerprint.startsWith('old'))).toHaveLength(10);
});
