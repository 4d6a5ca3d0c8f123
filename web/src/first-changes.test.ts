import { expect, it } from 'vitest';
import type { ApiFinding } from '../../agent/http/contract.ts';
import type { ApiEvent } from '../../agent/http/contract/history.ts';
import { firstChanges } from './first-changes.ts';
import { groupFindings } from './ticket.ts';
import { eventKey } from './timeline.ts';

const finding = (id: string, changes: Partial<ApiFinding> = {}): ApiFinding => ({
  id,
  reason: id,
  severity: 'critical',
  nodeSeverity: 'critical',
  node: 'm1',
  sentence: `${id}.`,
  since: '2026-11-20T02:00:00Z',
  forSeconds: 60,
  observers: [],
  dissent: [],
  evidence: [],
  alternatives: [],
  next: [],
  ...changes,
});
const event = (at: string, changes: Partial<ApiEvent>): ApiEvent => ({
  sequence: Date.parse(at) / 1000,
  at,
  node: 'm1',
  kind: 'raised',
  message: '',
  ...changes,
});

const GROUPS = groupFindings([
  finding('EtcdDown', { check: 'etcd' }),
  finding('ApiserverNotReady', { check: 'apiserver', causedBy: 'EtcdDown', since: '2026-11-20T02:00:05Z' }),
  finding('AgentStarted', { severity: 'info', check: 'kubelet' }),
]);
const BEFORE = event('2026-11-20T01:00:00Z', { check: 'etcd', kind: 'cleared' });
const CHANGED = event('2026-11-20T01:59:50Z', { check: 'apiserver', kind: 'changed' });
const RAISED = event('2026-11-20T02:00:01Z', { check: 'etcd' });
const OTHER = event('2026-11-20T01:59:45Z', { check: 'disk-space' });
const NOTE = event('2026-11-20T02:00:01Z', { check: 'kubelet', node: 'm2' });

it('marks the first entry of a cause or of what it explains, with the place of the cause', () => {
  const firsts = firstChanges(GROUPS, [NOTE, RAISED, CHANGED, OTHER, BEFORE], false);
  expect([...firsts]).toEqual([[eventKey(CHANGED), 1]]);
});

it('marks nothing while the first could be among the entries that are not loaded', () => {
  expect(firstChanges(GROUPS, [RAISED], false).size).toBe(0);
  expect([...firstChanges(GROUPS, [RAISED], true)]).toEqual([[eventKey(RAISED), 1]]);
});

it('takes what the agent concluded for the first where it is', () => {
  const lost = groupFindings([finding('NodesLost', { nodes: ['m1', 'm2'] })]);
  const concluded = event('2026-11-20T02:00:02Z', { kind: 'concluded', reason: 'NodesLost', node: 'm2' });
  expect([...firstChanges(lost, [concluded, BEFORE], false)]).toEqual([[eventKey(concluded), 1]]);
});
