import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, createScene, failing } from './testing.ts';

const NAMES = ['m1', 'w1', 'w2'];
const PATH = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';

it.each([
  ['ClusterAuthorityExpiresSoon', 'expires soon'],
  ['ClusterAuthorityExpired', 'has expired'],
])('the authority of all is one finding of the whole cluster: %s', (reason, words) => {
  const scene = createScene(NAMES);
  NAMES.forEach((name, index) =>
    scene.report(
      name,
      failing('certificates', reason, `${PATH} (kubernetes) …`, { subject: PATH, since: SINCE - index * 1000 }),
    ),
  );
  expect(diagnose(scene.from('w2'), NOW, CATALOGUE)).toMatchObject({
    status: 'degraded',
    findings: [
      {
        reason,
        severity: 'warning',
        node: 'm1',
        observers: NAMES,
        since: SINCE - 2000,
        sentence: `The certificate authority of the cluster ${words}, as seen from m1, w1 and w2: ${PATH} (kubernetes) …`,
      },
    ],
  });
});

it('certificates of nodes are told for each', () => {
  const expired = failing('certificates', 'CertificateExpired', 'expired', { subject: '/etc/ssl/one.pem' });
  const scene = createScene(NAMES).report('w1', expired).report('w2', expired);
  const found = diagnose(scene.from('w2'), NOW, CATALOGUE).findings.map(({ reason, node }) => [reason, node]);
  expect(found).toEqual([
    ['CertificateExpired', 'w1'],
    ['CertificateExpired', 'w2'],
  ]);
});
