/** Probes of the operator's configuration: a finding each, of its node alone, or of all nodes that see the same one fail. */
import { describe, expect, it } from 'vitest';
import { exec } from '../../checks/exec.ts';
import { http } from '../../checks/http.ts';
import { createCatalogue } from '../catalogue.ts';
import { healthOf } from '../model/health.ts';
import { diagnose } from './diagnose.ts';
import { NOW, SINCE, STORE, aResult, createScene, failing } from './testing.ts';

const PROBES = createCatalogue([http, exec]);
const say = (...results: Parameters<typeof stateOf>) => diagnose(stateOf(...results), NOW, PROBES);

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

describe('a program that cannot tell any more', () => {
  const cannotTell = (more = {}) =>
    aResult('exec', {
      status: 'unknown',
      why: 'raid: no such array (exit code 3 after 0.1 s)',
      looked: true,
      ...more,
    });

  it('is no fault of the agent, and leaves nothing looking well', () => {
    const state = stateOf(aResult('disk-space'), cannotTell());
    const diagnosis = diagnose(state, NOW, PROBES);
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.sentence).toContain('exec');
    expect(healthOf('node', state, diagnosis, 'critical', NOW)).toMatchObject({
      verdict: 'unknown',
      details: ['exec: raid: no such array (exit code 3 after 0.1 s)'],
    });
    expect(healthOf({ check: 'exec' }, state, diagnosis, 'critical', NOW)).toMatchObject({ verdict: 'unknown' });
  });

  it('is none of the agent on another node either', () => {
    const state = createScene(['m1', 'w1']).report('w1', cannotTell()).from('m1');
    expect(diagnose(state, NOW, PROBES).findings).toEqual([]);
  });

  it.each([
    ['it did not end in time, with its check', cannotTell({ cutShort: 'timeout' })],
    ['its check runs no more', cannotTell({ ageMs: 31_000 })],
  ])('is the agent’s fault where %s', (_, result) => {
    expect(say(aResult('disk-space'), result).findings).toMatchObject([{ reason: 'AgentImpaired', check: 'exec' }]);
  });
});

describe('the same probe on several nodes', () => {
  const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
  const shop = (since: number, subject = 'shop', critical = false) =>
    failing(
      'http',
      critical ? 'CriticalHttpProbeFailed' : 'HttpProbeFailed',
      `${subject}: http://shop.example/ answered 503 Service Unavailable in 0.1 s.`,
      { subject, since, severity: critical ? 'critical' : 'warning' },
    );
  const onNodes = (failingNodes: readonly string[], result = shop) => {
    const scene = createScene(NAMES);
    for (const name of NAMES) scene.report(name, aResult('http'));
    failingNodes.forEach((name, index) => scene.report(name, result(SINCE - index * 1000)));
    return scene;
  };
  const findings = (scene: ReturnType<typeof onNodes>, self = 'm1') => diagnose(scene.from(self), NOW, PROBES).findings;

  it('is one finding, whoever looks', () => {
    for (const self of NAMES)
      expect(findings(onNodes(NAMES), self)).toMatchObject([
        {
          id: 'HttpProbeFailed/w4/shop',
          severity: 'warning',
          nodeSeverity: 'warning',
          sentence:
            'The probe shop fails on 5 of 5 nodes with HTTP probes: shop: http://shop.example/ answered 503 Service Unavailable in 0.1 s',
          since: SINCE - 4000,
          nodes: NAMES,
          observers: NAMES,
          next: [http.reasons.HttpProbeFailed.remedy],
        },
      ]);
    expect(findings(onNodes(NAMES))).toHaveLength(1);
  });

  it('names the nodes where some see it answer', () => {
    expect(findings(onNodes(['w2', 'w1']))[0]?.sentence).toMatch(
      /^The probe shop fails on 2 of 5 nodes with HTTP probes \(w1 and w2\): /,
    );
  });

  it('makes each of them ill', () => {
    const state = onNodes(['w2', 'w1'], (since) => shop(since, 'shop', true)).from('w1');
    const diagnosis = diagnose(state, NOW, PROBES);
    expect(healthOf('node', state, diagnosis, 'critical', NOW).verdict).toBe('problem');
    expect(diagnosis).toMatchObject({ status: 'degraded', findings: [{ nodeSeverity: 'critical' }] });
  });

  it('is apart from probes of other names, and from programs, which tell of their own node', () => {
    const scene = onNodes(['w1']).report('w2', shop(SINCE, 'blog'));
    expect(findings(scene)).toHaveLength(2);
    const raid = (): ReturnType<typeof shop> =>
      failing('exec', 'ExecProbeFailed', 'raid: sda failed.', { subject: 'raid' });
    const programs = createScene(NAMES).report('w1', raid()).report('w2', raid());
    expect(findings(programs).map(({ node }) => node)).toEqual(['w1', 'w2']);
  });
});
