import { expect, it } from 'vitest';
import type { ApiNode, ApiNodeSummary } from '../../agent/http/contract.ts';
import { rowDueAt } from './row-age.ts';

const NOW = 1_000_000;
const brief = (changes: Partial<ApiNodeSummary> = {}): ApiNodeSummary => ({
  node: 'w1',
  status: 'ok',
  sentence: '',
  ageSeconds: 1,
  counts: { ok: 20, problem: 0, unknown: 0, absent: 2 },
  ...changes,
});
const entry = (changes: Partial<ApiNodeSummary> = {}) => ({
  value: { ...brief(changes), checks: [] } satisfies ApiNode,
  receivedAt: NOW,
});
const list = (node: ApiNodeSummary, receivedAt: number) => ({
  value: { nodes: [brief({ node: 'w0' }), node] },
  receivedAt,
});

it('is due at once before anything is held', () => {
  expect(rowDueAt(undefined, undefined)).toBe(-Infinity);
});

it('is due after a while, history after a long one', () => {
  expect(rowDueAt(entry(), undefined)).toBe(NOW + 15_000);
  expect(rowDueAt(entry({ freshness: 'stale' }), undefined)).toBe(NOW + 120_000);
  expect(rowDueAt({ failure: 'gone', receivedAt: NOW }, undefined)).toBe(NOW + 15_000);
});

it('is due at once when a later summary says something else, ages aside', () => {
  expect(rowDueAt(entry(), list(brief({ status: 'problem' }), NOW + 1))).toBe(NOW);
  expect(rowDueAt(entry(), list(brief({ ageSeconds: 9 }), NOW + 1))).toBe(NOW + 15_000);
  expect(rowDueAt(entry(), list(brief({ status: 'problem' }), NOW - 1))).toBe(NOW + 15_000);
});
