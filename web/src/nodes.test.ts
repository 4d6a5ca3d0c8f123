import { effect } from '@preact/signals';
import { expect, it } from 'vitest';
import type { ApiCheck, ApiNode } from '../../agent/http/contract.ts';
import { createNodes, MAX_HELD } from './nodes.ts';

const check = (id: string, status: ApiCheck['status'] = 'ok'): ApiCheck => ({
  check: id,
  title: id.toUpperCase(),
  status,
  overdue: false,
  confirming: false,
  since: '2026-11-20T01:00:00Z',
  ageSeconds: 3,
  durationSeconds: 0.01,
  intervalSeconds: 3,
  problems: [],
  readings: [],
});
const entry = (name: string, checks: readonly ApiCheck[]) => ({
  value: {
    node: name,
    status: 'ok',
    sentence: '',
    ageSeconds: 1,
    counts: { ok: 1, problem: 0, unknown: 0, absent: 0 },
    checks: [...checks],
  } satisfies ApiNode,
  receivedAt: 1,
});

it('wakes only who looks at the node that changed', () => {
  const nodes = createNodes();
  const drawn: string[] = [];
  for (const name of ['w1', 'w2']) effect(() => void (nodes.of(name).value && drawn.push(name)));
  nodes.take('w2', entry('w2', []));
  expect(drawn).toEqual(['w2']);
});

it('learns which checks there are', () => {
  const nodes = createNodes();
  nodes.take('m1', entry('m1', [check('etcd'), check('dns')]));
  nodes.take('w1', entry('w1', [check('etcd', 'absent'), check('dns')]));
  expect([...nodes.checks.value]).toEqual([
    ['etcd', 'ETCD'],
    ['dns', 'DNS'],
  ]);
  const held = nodes.checks.value;
  nodes.take('m1', entry('m1', [check('dns')]));
  expect(nodes.checks.value, 'nothing new').toBe(held);
});

it('holds no more than the last that were read, and tells whoever looks at one that is forgotten', () => {
  const nodes = createNodes();
  const seen: boolean[] = [];
  nodes.take('w0', entry('w0', []));
  effect(() => void seen.push(nodes.of('w0').value !== undefined));
  for (let index = 1; index < MAX_HELD; index += 1) nodes.take(`w${index}`, entry(`w${index}`, []));
  nodes.take('w0', entry('w0', []));
  nodes.take('one-more', entry('one-more', []));
  expect([nodes.has('w0'), nodes.has('w1'), nodes.has('w2')]).toEqual([true, false, true]);
  for (let index = 0; index < MAX_HELD; index += 1) nodes.take(`x${index}`, entry(`x${index}`, []));
  expect(nodes.has('w0')).toBe(false);
  expect(seen.at(-1)).toBe(false);
});

it('forgets nodes that are gone', () => {
  const nodes = createNodes();
  nodes.take('w1', entry('w1', []));
  nodes.take('w2', { failure: 'There is no node w2.', receivedAt: 1 });
  nodes.keep(new Set(['w1']));
  expect(nodes.of('w1').value).toBeDefined();
  expect(nodes.of('w2').value).toBeUndefined();
});
