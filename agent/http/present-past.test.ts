import { expect, it } from 'vitest';
import { KUBELET_DOWN, NOON } from '../../test/lib/fixtures.ts';
import type { StatusAt, StatusRecord } from '../model/past-status.ts';
import { presentPast } from './present-past.ts';
import { renderPast } from './text-past.ts';

const MINUTE = 60_000;
const { at: _at, ...diagnosis } = KUBELET_DOWN;
const record: StatusRecord = {
  ...diagnosis,
  view: { node: 'node-a', members: 3, current: 2, component: 2, settled: true },
  leftOut: 0,
  away: [{ node: 'node-c', state: 'unreachable', since: NOON - 11 * MINUTE }],
  awayLeftOut: 0,
};
const ANSWER: StatusAt = {
  begins: NOON - 100 * MINUTE,
  span: { from: NOON - 11 * MINUTE, until: NOON - 6 * MINUTE, record },
  next: NOON - 6 * MINUTE + 1000,
  over: { 'KubeletDown/node-a': NOON - 6 * MINUTE + 1000 },
};
const at = (minutes: number, answer = ANSWER) => presentPast(NOON - minutes * MINUTE, answer, 'node-a');

it('is what was concluded then, with ages as of then and what is over by now', () => {
  expect(renderPast(at(10)))
    .toBe(`DEGRADED  at 2026-01-01 11:50:00 UTC: The kubelet on node-a refuses connections, since 11:48:00 UTC.

- The kubelet on node-a refuses connections.
  warning, critical for the node itself: KubeletDown since 11:48:00 UTC (2m),
  over by 11:54:01 UTC, seen by node-a
  evidence  http://127.0.0.1:10248/healthz refused the connection
  next      systemctl status kubelet
            journalctl -u kubelet -n 100

    > The Node object of node-a is not ready.
      info, warning for the node itself: NodeNotReady since 11:49:00 UTC (1m),
      seen by node-a

Not alive then: node-c unreachable since 11:49:00 UTC (1m).

By the log of node-a, which concluded so from 11:49:00 UTC until 11:54:00 UTC; 2
of 3 members were connected to it.
`);
});

it('says that it still holds', () => {
  const { next: _next, ...now } = ANSWER;
  const open = { ...now, over: {}, span: { from: NOON - 11 * MINUTE, until: NOON, record } };

  expect(at(0, open).past).not.toHaveProperty('until');
  expect(renderPast(at(0, open))).toContain('from 11:49:00 UTC and still does; 2 of\n');
});

it('is unknown before the log begins, and where there is none', () => {
  expect(renderPast(at(10, { begins: NOON - 5 * MINUTE, over: {} }))).toBe(
    'UNKNOWN  at 2026-01-01 11:50:00 UTC: Nothing is known of that time: the log of node-a begins at 11:55:00 UTC.\n',
  );
  expect(at(10, { over: {} })).toMatchObject({
    status: 'unknown',
    findings: [],
    sentence: expect.stringContaining('is empty'),
  });
});

it('is unknown where the agent did not look, and says what it said before', () => {
  const gap: StatusAt = { ...ANSWER, next: NOON - MINUTE };

  expect(at(3, gap)).toMatchObject({
    status: 'unknown',
    sentence:
      'Not observed from 11:54:00 UTC to 11:59:00 UTC: the agent on node-a did not run or was paused. Before that it said degraded: The kubelet on node-a refuses connections, since 11:48:00 UTC.',
    findings: [],
    past: { gap: { from: '2026-01-01T11:54:00.000Z', to: '2026-01-01T11:59:00.000Z' } },
  });
  const { next: _next, ...last } = gap;
  expect(at(3, last).sentence).toMatch(/^Not observed from 11:54:00 UTC: /);
  expect(at(6, gap).status).toBe('degraded');
});

it('does not say what was before for what was not written down', () => {
  const changing: StatusAt = { ...ANSWER, next: NOON - 6 * MINUTE + 20_000 };

  expect(at(6, changing).status).toBe('degraded');
  expect(at(6 - 0.2, changing)).toMatchObject({
    status: 'unknown',
    sentence:
      'Not written down from 11:54:00 UTC to 11:54:20 UTC: what the agent on node-a said changed too often, or it was paused. Before that it said degraded: The kubelet on node-a refuses connections, since 11:48:00 UTC.',
    findings: [],
    past: { gap: { from: '2026-01-01T11:54:00.000Z', to: '2026-01-01T11:54:20.000Z' } },
  });
  const second = presentPast(NOON - 6 * MINUTE + 100, ANSWER, 'node-a');
  expect(second.sentence).toMatch(/^Not written down from 11:54:00 UTC to 11:54:01 UTC: /);
  const within = presentPast(NOON - 6 * MINUTE + 100, { ...ANSWER, next: NOON - 6 * MINUTE + 900 }, 'node-a');
  expect(within.sentence).toMatch(/^Not written down at 11:54:00 UTC: /);
});

it('counts what was not written down', () => {
  const span = { from: NOON - 11 * MINUTE, until: NOON, record: { ...record, leftOut: 7, awayLeftOut: 2 } };
  const text = renderPast(at(5, { ...ANSWER, span }));

  expect(text).toContain('\n- and 7 more that were not written down\n');
  expect(text).toContain('and 2 more.');
});
