/** Probes of the operator's configuration: a finding each, of its node alone. */
import { expect, it } from 'vitest';
import { http } from '../../checks/http.ts';
import { createCatalogue } from '../catalogue.ts';
import { diagnose } from './diagnose.ts';
import { NOW, SINCE, STORE, aResult, failing } from './testing.ts';

const say = (...results: Parameters<typeof stateOf>) => diagnose(stateOf(...results), NOW, createCatalogue([http]));

const stateOf = (...results: ReturnType<typeof aResult>[]) => ({
  self: 'm1',
  nodes: [{ report: { node: 'm1', version: '0', startedAt: SINCE - 3_600_000, results }, elapsedMs: 0 }],
  store: STORE,
  leftOut: [],
  settled: true,
  catchingUp: false,
});

const failed = (message: string, critical = false) =>
  failing('http', critical ? 'CriticalHttpProbeFailed' : 'HttpProbeFailed', message, {
    subject: 'ingress',
    severity: critical ? 'critical' : 'warning',
  });

it('names the probe, in the operator’s words, and what to do', () => {
  const { status, sentence, findings } = say(failed('ingress: Nobody can pay: nobody listens on 127.0.0.1:80.'));
  expect(status).toBe('degraded');
  expect(sentence).toBe(
    'm1: An HTTP probe of the configuration fails (ingress): ingress: Nobody can pay: nobody listens on 127.0.0.1:80 (since 14:02:11 UTC).',
  );
  expect(findings).toMatchObject([
    {
      id: 'HttpProbeFailed/m1/ingress',
      severity: 'warning',
      nodeSeverity: 'warning',
      node: 'm1',
      next: [http.reasons.HttpProbeFailed.remedy],
    },
  ]);
});

it('is critical for its node where its configuration says so, and never for the cluster', () => {
  const { status, findings } = say(failed('ingress: nobody listens on 127.0.0.1:80.', true));
  expect(status).toBe('degraded');
  expect(findings).toMatchObject([{ severity: 'warning', nodeSeverity: 'critical' }]);
});

it.each([
  ['etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379'],
  ['container-start', 'ContainersCannotStart', 'create: no space left on device'],
  ['kubelet', 'KubeletUnhealthy', 'PLEG is not healthy'],
])('explains nothing, and is explained by nothing, whatever both say: %s', (check, reason, message) => {
  const { findings } = say(failed(`ingress: ${message}`), failing(check, reason, message));
  expect(findings).toHaveLength(2);
  expect(findings.map(({ causedBy }) => causedBy)).toEqual([undefined, undefined]);
});

it('is said to be out of sight once it could be told before', () => {
  const { findings } = say(
    aResult('disk-space'),
    aResult('http', { status: 'unknown', why: 'ingress: this process was held up', looked: true }),
  );
  expect(findings).toMatchObject([
    { reason: 'AgentImpaired', sentence: 'http on m1 cannot look: ingress: this process was held up' },
  ]);
});
