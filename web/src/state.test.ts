import { expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { createState, takeClock, takeLink, takeNode, takeStatus, takeTold } from './state.ts';

const NOW = Date.parse('2026-11-20T02:00:00Z');
const status = (at: string, node = 'w1'): ApiStatus => ({
  status: 'healthy',
  sentence: `At ${at}.`,
  at,
  view: { node, members: 1, current: 1, settled: true },
  findings: [],
});

it('never goes back to an older status of the same agent', () => {
  const state = createState(NOW, '');
  takeStatus(state, status('2026-11-20T02:00:05Z'), NOW);
  takeStatus(state, status('2026-11-20T02:00:01Z'), NOW + 1);
  expect(state.status.value?.value.at).toBe('2026-11-20T02:00:05Z');
  takeStatus(state, status('2026-11-20T01:00:00Z', 'w2'), NOW + 2);
  expect(state.self.value).toBe('w2');
});

it('stops counting at the last answer while there is none', () => {
  const state = createState(NOW, '');
  takeStatus(state, status('2026-11-20T02:00:00Z'), NOW);
  takeLink(state, { kind: 'live' }, NOW + 3000);
  expect(state.asOf.value).toBe(NOW + 3000);
  takeLink(state, { kind: 'lost', why: 'No answer.', answered: false }, NOW + 60_000);
  expect(state.current.value).toBe(false);
  expect(state.asOf.value).toBe(NOW);
});

it('takes the clock of the agent where this one differs by more than its resolution', () => {
  const state = createState(NOW, '');
  takeClock(state, NOW - 1000, NOW);
  expect(state.clockOffsetMs.value).toBe(0);
  takeClock(state, NOW - 180_000, NOW);
  expect(state.clockOffsetMs.value).toBe(-179_500);
  takeClock(state, NOW - 179_000, NOW + 1000);
  expect(state.clockOffsetMs.value, 'no jitter').toBe(-179_500);
  takeClock(state, NOW + 2000, NOW + 2000);
  expect(state.clockOffsetMs.value).toBe(0);
});

it('shows what was concluded at the time that the address asks for, and counts up to then', () => {
  const state = createState(NOW, '#/?at=2026-11-19T22:00:00Z');
  takeStatus(state, status('2026-11-20T02:00:00Z'), NOW);
  expect([state.shown.value, state.asOf.value]).toEqual([undefined, Date.parse('2026-11-19T22:00:00Z')]);
  state.past.value = { value: status('2026-11-19T21:00:00Z'), receivedAt: NOW };
  expect(state.shown.value?.value.at).toBe('2026-11-19T21:00:00Z');
  state.route.value = { view: 'overview' };
  expect([state.shown.value?.value.at, state.asOf.value]).toEqual(['2026-11-20T02:00:00Z', NOW]);
});

it('keeps of nodes that the stream tells of only what the list says, unless somebody looks at them', () => {
  const state = createState(NOW, '');
  const brief = {
    node: 'w1',
    status: 'ok',
    ageSeconds: 1,
    counts: { ok: 1, problem: 0, unknown: 0, absent: 0 },
  } as const;
  state.summaries.value = { value: { nodes: [brief, { ...brief, node: 'w2' }] }, receivedAt: NOW };
  const told = { ...brief, status: 'problem', sentence: '', checks: [] } as const;
  takeTold(state, { ...told, checks: [] }, NOW);
  expect(state.nodes.has('w1')).toBe(false);
  expect(state.summaries.value.value.nodes[0]?.status).toBe('problem');
  takeNode(state, { ...told, node: 'w2', checks: [] }, NOW);
  takeTold(state, { ...told, node: 'w2', status: 'unknown', checks: [] }, NOW + 1);
  expect(state.nodes.of('w2').value).toMatchObject({ value: { status: 'unknown' }, receivedAt: NOW + 1 });
});
