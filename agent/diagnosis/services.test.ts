import { expect, it } from 'vitest';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, type Scene, aResult, createScene, failing } from './testing.ts';

const PROXY_DOWN = failing('kube-proxy', 'KubeProxyDown', 'nobody listens on 127.0.0.1:10256', {
  since: SINCE + 60_000,
});
const PROXY_STUCK = failing('kube-proxy', 'KubeProxyUnhealthy', 'its rules are 150 s behind');
const SERVICE = failing('service-ip', 'ServiceUnreachable', 'No answer by the Service, while 10.0.0.1:6443 answers');
const DNS = failing('dns', 'DnsDown', 'No answer over UDP from 10.96.0.10:53: timeout', { subject: '10.96.0.10' });
const CACHE = failing('dns', 'DnsDown', 'No answer over UDP from 169.254.20.10:53: timeout', {
  subject: '169.254.20.10',
});

/** Findings of w1 with their causes. */
const tree = (...results: readonly CheckResult[]) =>
  diagnose(
    createScene(['m1', 'w1'])
      .report('w1', ...results)
      .from('m1'),
    NOW,
    CATALOGUE,
  ).findings.map(({ reason, causedBy }) => [reason, causedBy]);

it('that are not reached, and DNS by one of them, are a consequence of kube-proxy', () => {
  expect(tree(DNS, SERVICE, PROXY_DOWN)).toEqual([
    ['KubeProxyDown', undefined],
    ['ServiceUnreachable', 'KubeProxyDown/w1'],
    ['DnsDown', 'ServiceUnreachable/w1'],
  ]);
  expect(tree(DNS, PROXY_STUCK)).toEqual([
    ['KubeProxyUnhealthy', undefined],
    ['DnsDown', 'KubeProxyUnhealthy/w1'],
  ]);
});

it('that are not reached explain DNS where nothing explains them', () => {
  expect(tree(DNS, SERVICE)).toEqual([
    ['ServiceUnreachable', undefined],
    ['DnsDown', 'ServiceUnreachable/w1'],
  ]);
});

it('say nothing of a cache of DNS on the node itself', () => {
  expect(tree(CACHE, SERVICE)).toEqual([
    ['DnsDown', undefined],
    ['ServiceUnreachable', undefined],
  ]);
});

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
const WELL = aResult('dns');
const dnsFails = (since: number, reason = 'DnsDown'): CheckResult =>
  failing('dns', reason, 'No answer over UDP from 10.96.0.10:53: timeout', { subject: '10.96.0.10', since });

/** Findings where these nodes say so, and all others ask and are answered. */
function onNodes(
  results: Readonly<Record<string, readonly CheckResult[]>>,
  change: (scene: Scene) => Scene = (s) => s,
) {
  const scene = createScene(NAMES);
  for (const name of NAMES) scene.report(name, ...(results[name] ?? [WELL]));
  return diagnose(change(scene).from('m1'), NOW, CATALOGUE).findings;
}

it('that most nodes do not find DNS by is one finding of the whole cluster, since it was most of them', () => {
  const [m1, w1, w2] = [dnsFails(SINCE), dnsFails(SINCE + 9000), dnsFails(SINCE + 3000)];
  const findings = onNodes({ m1: [m1], w1: [w1], w2: [w2] });
  expect(findings).toMatchObject([
    {
      reason: 'ClusterDnsDown',
      severity: 'critical',
      node: 'm1',
      nodes: ['m1', 'w1', 'w2'],
      observers: ['m1', 'w1', 'w2'],
      since: SINCE + 9000,
      sentence:
        'The cluster’s DNS at 10.96.0.10 does not answer 3 of 5 nodes: No answer over UDP from 10.96.0.10:53: timeout',
      alternatives: [
        'without an answer like all pods',
        'kept from it by a NetworkPolicy that was added and admits pods only',
      ],
    },
  ]);
});

it('that half of the nodes do not find DNS by are told node by node', () => {
  expect(onNodes({ m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)] }).map(({ reason, node }) => [reason, node])).toEqual([
    ['DnsDown', 'm1'],
    ['DnsDown', 'w1'],
  ]);
});

it.each<[string, Readonly<Record<string, readonly CheckResult[]>>, (scene: Scene) => Scene]>([
  [
    'fails in another way on one of them',
    { m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)], w2: [dnsFails(SINCE, 'DnsFails')] },
    (scene) => scene,
  ],
  [
    'is the consequence of Services on one of them',
    { m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)], w2: [dnsFails(SINCE), SERVICE] },
    (scene) => scene,
  ],
  [
    'fails on this side of a partition, which is the smaller one',
    { m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)] },
    (scene) => scene.cut(['m1', 'w1'], ['w2', 'w3', 'w4']),
  ],
])('is no finding of the whole cluster where DNS %s', (_, results, change) => {
  const reasons = onNodes(results, change).map(({ reason }) => reason);
  expect(reasons).toContain('DnsDown');
  expect(reasons).not.toContain('ClusterDnsDown');
});

it('is critical where the only node does not find DNS', () => {
  const state = createScene(['m1']).report('m1', dnsFails(SINCE)).from('m1');
  expect(diagnose(state, NOW, CATALOGUE)).toMatchObject({
    findings: [{ reason: 'ClusterDnsDown', severity: 'critical' }],
    sentence: expect.stringMatching(
      /; it is without an answer like all pods, or kept from it by a NetworkPolicy that was added and admits pods only\.?$/,
    ) as string,
  });
});

it('does not count nodes that ask no DNS server', () => {
  const absent = aResult('dns', { status: 'absent' });
  const findings = onNodes({ m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)], w2: [absent], w3: [absent] });
  expect(findings.map(({ reason }) => reason)).toEqual(['ClusterDnsDown']);
});

it('is no finding of the whole cluster where it never answered most nodes', () => {
  const never = aResult('dns', { status: 'unknown', why: 'it never answered this node' });
  const findings = onNodes({ m1: [dnsFails(SINCE)], w1: [dnsFails(SINCE)], w2: [never], w3: [never], w4: [never] });
  expect(findings.map(({ reason, node, severity }) => [reason, node, severity])).toEqual([
    ['DnsDown', 'm1', 'warning'],
    ['DnsDown', 'w1', 'warning'],
  ]);
});

it('knows no alternative where the server itself answered', () => {
  const failed = Object.fromEntries(NAMES.map((name) => [name, [dnsFails(SINCE, 'DnsFails')]]));
  expect(onNodes(failed)).toMatchObject([{ reason: 'ClusterDnsDown', alternatives: [] }]);
});

it('says where the servers may have been when nodes are lost', () => {
  const failingNodes = Object.fromEntries(['m1', 'w1', 'w2'].map((name) => [name, [dnsFails(SINCE)]]));
  const [dns] = onNodes(failingNodes, (scene) => scene.powerOff('w4')).filter(
    ({ reason }) => reason === 'ClusterDnsDown',
  );
  expect(dns?.evidence.at(-1)).toBe('its pods may have been on w4, lost now');
  expect(dns?.alternatives).toEqual([]);
});

it('takes the caches of nodes for no server of all', () => {
  const caches = Object.fromEntries(NAMES.map((name) => [name, [CACHE]]));
  expect(new Set(onNodes(caches).map(({ reason }) => reason))).toEqual(new Set(['DnsDown']));
});

it('that fail where kube-proxy was in trouble a moment ago are not the whole cluster’s DNS', () => {
  const ended = aResult('kube-proxy', {
    ended: [{ reason: 'KubeProxyDown', message: '', severity: 'warning', since: SINCE, endedMs: 3000 }],
  });
  const results = Object.fromEntries(NAMES.map((name) => [name, [dnsFails(SINCE), ended]]));
  expect(onNodes(results).map(({ reason }) => reason)).not.toContain('ClusterDnsDown');
});
