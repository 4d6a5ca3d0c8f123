import { expect, it } from 'vitest';
import { createAlertTemplate } from './alert-template.ts';
import { NOON, aNotification, aRuleAlert, alerts, anAlert } from './testing.ts';
import { signatureOf, webhookBody } from './webhook.ts';

const TOOLS = { receiver: 'ops', clusterName: 'prod' };

it('is what Alertmanager sends, version 4', () => {
  const resolved = anAlert({
    fingerprint: '00000000000000bb',
    reason: 'NodeUnreachable',
    severity: 'warning',
    nodes: ['w2'],
    sentence: 'w2 answers nobody.',
    endedAt: NOON + 195_000,
    remedy: 'Look at its console.',
    observers: [],
  });
  expect(webhookBody(aNotification({ alerts: [anAlert(), resolved], isLate: true }), TOOLS, NOON)).toEqual({
    version: '4',
    groupKey: '{}/{receiver="ops"}:{cluster="prod"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'ops',
    groupLabels: { cluster: 'prod' },
    commonLabels: { cluster: 'prod' },
    commonAnnotations: { view: '8/8 members', late: 'true' },
    externalURL: '',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'OverlayBroken', severity: 'critical', cluster: 'prod', story: '00000000000000aa' },
        annotations: {
          summary: 'Pods on w1 and w3 do not reach each other.',
          description: 'Pods on w1 and w3 do not reach each other. Seen by w1, w3.',
          nodes: 'w1, w3',
          observers: 'w1, w3',
          view: '8/8 members',
          late: 'true',
        },
        startsAt: '2026-01-01T12:03:11.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: '00000000000000aa',
      },
      {
        status: 'resolved',
        labels: { alertname: 'NodeUnreachable', severity: 'warning', cluster: 'prod', node: 'w2' },
        annotations: {
          summary: 'w2 answers nobody.',
          description: 'w2 answers nobody. First: Look at its console.',
          remedy: 'Look at its console.',
          view: '8/8 members',
          late: 'true',
        },
        startsAt: '2026-01-01T12:03:11.000Z',
        endsAt: '2026-01-01T12:03:15.000Z',
        generatorURL: '',
        fingerprint: '00000000000000bb',
      },
    ],
  });
});

it('is resolved when all of it is over, and says nothing of a cluster without a name', () => {
  const over = aNotification({ alerts: [anAlert({ endedAt: NOON + 300_000, nodes: [] })] });
  const body = webhookBody(over, { receiver: 'ops', clusterName: '' }, NOON);
  expect(body).toMatchObject({ status: 'resolved', groupLabels: {}, groupKey: '{}/{receiver="ops"}:{}' });
  expect(body.alerts[0]?.labels).toEqual({ alertname: 'OverlayBroken', severity: 'critical' });
});

it('has the summary that a template makes', () => {
  const template = createAlertTemplate('{{kind}} {{namespace}}/{{name}} {{reason}} ×{{count}}');
  const notification = aNotification({ alerts: [aRuleAlert(), aRuleAlert({ endedAt: NOON })] });
  const { alerts: told } = webhookBody(notification, { ...TOOLS, template }, NOON);
  expect(told.map(({ annotations }) => annotations['summary'])).toEqual([
    'Pod prod/api-7d9f BackOff ×7',
    'resolved: Pod prod/api-7d9f BackOff ×7',
  ]);
});

it('counts what it leaves out', () => {
  const body = webhookBody(aNotification({ alerts: alerts(130) }), TOOLS, NOON);
  expect(body.alerts).toHaveLength(100);
  expect(body.truncatedAlerts).toBe(30);
});

it('is bounded and clean whatever an alert has', () => {
  const long = 'x\u0000\n'.repeat(100_000);
  const nodes = Array.from({ length: 5000 }, (_, index) => `w${index}`);
  const alert = anAlert({
    sentence: long,
    remedy: long,
    observers: nodes,
    nodes,
    since: Number.NaN,
    endedAt: Infinity,
  });
  const text = JSON.stringify(webhookBody(aNotification({ alerts: [alert] }), TOOLS, NOON));
  expect(text.length).toBeLessThan(10_000);
  expect(text).not.toMatch(/\\u0000|\\n/);
  expect(text).toContain('and 4900 more');
});

it('is signed over its bytes', () => {
  // RFC 4231, test case 2.
  expect(signatureOf('what do ya want for nothing?', 'Jefe')).toBe(
    'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  expect(signatureOf('{"é":1}', 'k')).not.toBe(signatureOf('{"e":1}', 'k'));
});
