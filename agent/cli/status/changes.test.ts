import { expect, it } from 'vitest';
import { NOON, aDiagnosis, aFinding } from '../../../test/lib/fixtures.ts';
import { presentStatus } from '../../http/present.ts';
import type { Diagnosis } from '../../model/finding.ts';
import { changesOf } from './changes.ts';

const status = (overrides: Partial<Diagnosis> = {}) => presentStatus(aDiagnosis(overrides), NOON);
const VIEW = { node: 'node-a', members: 5, current: 5, component: 5, settled: true };
const healthy = status({ view: VIEW });
const down = status({ status: 'degraded', sentence: 'Down.', findings: [aFinding()], view: VIEW });
const linesOf = (before: typeof healthy | undefined, after: typeof healthy) => changesOf(before, after, NOON).lines;

it('begins with the status and everything that is wrong', () => {
  expect(linesOf(undefined, down)).toEqual([
    'degraded: Down.',
    'raised: warning: The kubelet on node-a refuses connections. (KubeletDown, since 11:48:00 UTC)',
  ]);
});

it('says nothing where only ages and figures differ', () => {
  const later = presentStatus(aDiagnosis({ status: 'degraded', findings: [aFinding()], view: VIEW }), NOON + 60_000);

  expect(linesOf(down, { ...later, sentence: 'Other words.' })).toEqual([]);
});

it('tells what began and what is over', () => {
  expect(linesOf(healthy, down)[0]).toBe('degraded, was healthy: Down.');
  expect(linesOf(down, healthy)).toEqual([
    'healthy, was degraded: Nothing is wrong on node-a.',
    'over: The kubelet on node-a refuses connections. (KubeletDown)',
  ]);
});

it('tells what a finding follows from, its new severity, and whom else it is about', () => {
  const cause = aFinding({ id: 'c', reason: 'RuntimeDown', sentence: 'No runtime.' });
  const caused = aFinding({ causedBy: 'c' });
  const what = 'The kubelet on node-a refuses connections. (KubeletDown, since 11:48:00 UTC)';
  const of = (...findings: (typeof cause)[]) => status({ status: 'degraded', findings, view: VIEW });

  expect(linesOf(of(cause), of(cause, caused))).toEqual([`raised: warning, follows from RuntimeDown: ${what}`]);
  expect(linesOf(of(cause, aFinding()), of(cause, caused))).toEqual([`follows from RuntimeDown now: ${what}`]);
  expect(linesOf(of(cause, caused), of(cause, aFinding()))).toEqual([`stands for itself now: ${what}`]);
  expect(linesOf(of(aFinding()), of(aFinding({ severity: 'critical' })))).toEqual([`critical, was warning: ${what}`]);
  expect(linesOf(of(aFinding({ nodes: ['a'] })), of(aFinding({ nodes: ['a', 'b'] })))).toEqual([`changed: ${what}`]);
});

it('tells how many are connected', () => {
  expect(linesOf(healthy, status({ view: { ...VIEW, component: 3 } }))).toEqual(['3 of 5 members connected, was 5']);
});

it('calls nothing over that another agent said, and tells once what both say', () => {
  const elsewhere = { ...VIEW, node: 'node-b' };
  const other = status({ sentence: 'Fine here.', findings: [aFinding()], view: elsewhere });
  const both = status({ status: 'degraded', findings: [aFinding(), aFinding({ id: 'own' })], view: VIEW });

  expect(linesOf(both, other)).toEqual(['healthy: Fine here.']);
  expect(changesOf(both, other, NOON).told.findings).toHaveLength(1);
});

it('calls nothing over for an agent that has just started', () => {
  const starting = status({ status: 'unknown', sentence: 'Started.', view: { ...VIEW, component: 1, settled: false } });
  const first = changesOf(down, starting, NOON);

  expect(first.lines).toEqual(['unknown, was degraded: Started.']);
  expect(changesOf(first.told, down, NOON).lines.filter((line) => /^(raised|over)/.test(line))).toEqual([]);
  expect(changesOf(first.told, healthy, NOON).lines).toContain(
    'over: The kubelet on node-a refuses connections. (KubeletDown)',
  );
});
