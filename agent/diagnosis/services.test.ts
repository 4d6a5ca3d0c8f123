import { expect, it } from 'vitest';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, createScene, failing } from './testing.ts';

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
