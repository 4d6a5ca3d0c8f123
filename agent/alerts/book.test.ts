import { expect, it } from 'vitest';
import type { SeenAlert } from './alert.ts';
import { type Look, MAX_KEPT, createBook } from './book.ts';
import { MOST_OF_ONE } from './rule-alerts.ts';

const seen = (name: string, severity: 'critical' | 'warning', isCause = true): SeenAlert => ({
  alert: { fingerprint: name, reason: name, severity, nodes: [name], sentence: name, since: 0, observers: [] },
  isCause,
});
const said = (name: string, by = 'm1'): SeenAlert => {
  const { alert } = seen(name, 'critical');
  return {
    isCause: true,
    alert: { ...alert, observers: [by], rule: { key: name, facts: {}, round: 1, receivers: [] } },
  };
};
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

it('has room for findings before any number of words of rules, and for what one author says now before what it left', () => {
  const book = createBook(60_000);
  const batch = (of: string): SeenAlert[] => Array.from({ length: 100 }, (_, index) => said(`${of}-${index}`, 'evil'));
  for (let count = 0; count < 13; count += 1) book.follow(batch(`old${count}`), at(10_000));
  expect(book.all()).toHaveLength(MOST_OF_ONE);
  const late = { ...seen('EtcdQuorumLost', 'critical'), isCause: true };
  const finding = { ...late, alert: { ...late.alert, since: 9000 } };
  book.follow([finding, said('mine'), ...batch('now')], at(11_000));
  const names = book.all().map(({ alert }) => alert.fingerprint);
  expect(names).toEqual(expect.arrayContaining(['EtcdQuorumLost', 'mine', 'now-0', 'now-99']));
  const findings = Array.from({ length: MAX_KEPT }, (_, index) => seen(`found${index}`, 'warning', index % 2 === 0));
  book.follow([...findings, ...batch('now')], at(12_000));
  expect(book.all().filter(({ alert }) => alert.rule !== undefined)).toEqual([]);
});
