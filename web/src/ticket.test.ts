import { describe, expect, it } from 'vitest';
import type { ApiFinding, ApiStatus } from '../../agent/http/contract.ts';
import { groupFindings, ticketText } from './ticket.ts';

const finding = (id: string, changes: Partial<ApiFinding> = {}): ApiFinding => ({
  id,
  reason: 'DiskFull',
  severity: 'warning',
  nodeSeverity: 'critical',
  node: 'w1',
  sentence: `${id} is full.`,
  since: '2026-11-20T02:00:00Z',
  forSeconds: 185,
  observers: [],
  dissent: [],
  evidence: [],
  alternatives: [],
  next: [],
  ...changes,
});

describe('groups', () => {
  it('puts consequences of consequences under the cause', () => {
    const groups = groupFindings([
      finding('a'),
      finding('b', { causedBy: 'a' }),
      finding('c', { causedBy: 'b' }),
      finding('d'),
    ]);
    expect(groups.map((group) => [group.cause.id, group.consequences.map((entry) => entry.id)])).toEqual([
      ['a', ['b', 'c']],
      ['d', []],
    ]);
  });

  it('loses nothing when the cause is gone or two blame each other', () => {
    const findings = [
      finding('a', { causedBy: 'gone' }),
      finding('b', { causedBy: 'c' }),
      finding('c', { causedBy: 'b' }),
    ];
    expect(groupFindings(findings).map((group) => group.cause.id)).toEqual(['a', 'b', 'c']);
  });
});

it('writes the whole status as text', () => {
  const status: ApiStatus = {
    status: 'degraded',
    sentence: 'The disk of w1 is full since 02:00:00 UTC.',
    at: '2026-11-20T02:03:05Z',
    view: { node: 'w1', members: 1, current: 1, settled: true },
    findings: [
      finding('/var', {
        check: 'disk-space',
        subject: '/var',
        observers: ['w1'],
        evidence: ['0 B free.'],
        alternatives: ['A quota.'],
        next: ['See `df -h /var`.'],
      }),
      finding('pods', { causedBy: '/var' }),
    ],
  };
  expect(ticketText(status, Date.parse('2026-11-20T02:03:06Z')))
    .toBe(`DEGRADED: The disk of w1 is full since 02:00:00 UTC.
Concluded 2026-11-20 02:03:05 UTC by Meerkat, seen from w1: 1 of 1 member connected.
NOT CURRENT: the agent has not been heard since 2026-11-20 02:03:06 UTC.

1. [warning] /var is full. (DiskFull, since 2026-11-20 02:00:00 UTC, for 3m 5s)
   About: node w1, check disk-space, subject /var
   Seen by: w1
   Evidence: 0 B free.
   Could also be: A quota.
   Next: See df -h /var.
   Consequences:
   - [warning] pods is full. (DiskFull, since 2026-11-20 02:00:00 UTC, for 3m 5s)
`);
});

it('says of an earlier time that it is not now, and what was over soon', () => {
  const status: ApiStatus = {
    status: 'degraded',
    sentence: 'The disk of w1 is full.',
    at: '2026-11-20T02:03:05Z',
    view: { node: 'w1', members: 1, current: 1, settled: true },
    findings: [finding('/var', { overBy: '2026-11-20T02:09:00Z' })],
    past: { asked: '2026-11-20T02:05:00Z', leftOut: 0, away: [], awayLeftOut: 0 },
  };
  const text = ticketText(status);
  expect(text).toContain('AS OF 2026-11-20 02:05:00 UTC, by the log of w1; not the state of now.');
  expect(text).toContain('for 3m 5s, over by 2026-11-20 02:09:00 UTC)');
});
