import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createAlertmanager, postedAlerts } from './alertmanager.ts';
import type { ChannelTools } from './channel.ts';
import type { PostAnswer } from './post.ts';
import { NOON, aNotification, aRuleAlert, anAlert } from './testing.ts';

it('has the same labels from every agent and at any time, and an end after four minutes unless it is told again', () => {
  const one = postedAlerts(aNotification(), 'prod', NOON + 200_000);
  const other = postedAlerts(
    aNotification({
      sender: 'w7',
      view: { members: 3, known: 8 },
      isLate: true,
      alerts: [anAlert({ observers: ['w7'], sentence: 'w7 says so.', remedy: 'Look.' })],
    }),
    'prod',
    NOON + 900_000,
  );
  expect(one[0]?.labels).toEqual(other[0]?.labels);
  expect(one[0]).toMatchObject({ startsAt: '2026-01-01T12:03:11.000Z', endsAt: '2026-01-01T12:07:20.000Z' });
  const [over] = postedAlerts(
    aNotification({ alerts: [anAlert({ endedAt: NOON + 250_000 })] }),
    'prod',
    NOON + 300_000,
  );
  expect(over?.endsAt).toBe('2026-01-01T12:04:10.000Z');
});

it('has the same labels of a rule whoever judges it and whatever was matched last', () => {
  const before = aRuleAlert();
  const after = aRuleAlert(
    { nodes: ['w2', 'w3'], observers: ['w9'], sentence: 'again' },
    {
      round: 4,
      facts: { namespace: 'prod', name: 'api-7d9f', kind: 'Deployment', count: '12', message: 'another', 'a b': 'x' },
    },
  );
  const [one, other] = postedAlerts(aNotification({ alerts: [before, after] }), 'prod', NOON);
  expect(one?.labels).toEqual({
    alertname: 'restart-storm',
    severity: 'warning',
    cluster: 'prod',
    key: 'prod/api-7d9f',
  });
  expect(other?.labels).toEqual(one?.labels);
  expect(other?.annotations).toEqual({
    namespace: 'prod',
    name: 'api-7d9f',
    kind: 'Deployment',
    count: '12',
    message: 'another',
    summary: 'again',
    description: 'again',
    nodes: 'w2, w3',
    view: '8/8 members',
  });
  // Where its judge has no room for facts, and with the node that an event was of or about.
  const told = [{}, { kind: 'Node', name: 'w1', node: 'w1' }, { kind: 'Pod', name: 'x', node: 'w1' }].map((facts) =>
    aRuleAlert({}, { key: 'w1', facts }),
  );
  for (const { labels } of postedAlerts(aNotification({ alerts: told }), '', NOON))
    expect(labels).toEqual({ alertname: 'restart-storm', severity: 'warning', key: 'w1' });
});

it.each([
  [[200, 200], 'sent'],
  [[500, 200], 'sent'],
  [[400, 503], 'failed'],
  [[400, 400], 'refused'],
])('answers %j of a cluster make it %s, and each is told', async (statuses, kind) => {
  const asked: string[] = [];
  const answers = statuses.map((status): PostAnswer => ({ kind: 'answer', status, body: '' }));
  const tools: ChannelTools = {
    post: async ({ url }) => {
      asked.push(url);
      return answers[asked.length - 1] ?? { kind: 'none', why: '' };
    },
    secretFile: () => {
      throw new Error('no file is needed');
    },
    clock: createFakeClock(),
    receiver: 'am',
    clusterName: '',
  };
  const channel = createAlertmanager({ urls: ['http://a:9093/', 'http://b:9093/prefix'] }, tools);
  const outcome = await channel.send(aNotification(), new AbortController().signal);
  expect(outcome.kind).toBe(kind);
  expect(asked).toEqual(['http://a:9093/api/v2/alerts', 'http://b:9093/prefix/api/v2/alerts']);
});
