import { describe, expect, it } from 'vitest';
import { certificates } from './certificates.ts';
import {
  KUBERNETES_ADMIN,
  KUBE_APISERVER,
  KUBE_ETCD,
  NEW_AUTHORITY,
  NOT_YET,
  OLD_AUTHORITY,
  SHORT_LIVED,
} from './lib/certificates/testing.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import type { CheckContext, PeerCertificate, PeerCertificateResult } from './types.ts';

const KUBELET = '/var/lib/kubelet/pki/kubelet-client-current.pem';
const APISERVER = '/etc/kubernetes/pki/apiserver.crt';
const MANIFEST = { '/etc/kubernetes/manifests/kube-apiserver.yaml': '- --secure-port=6443' };
const DAY = 86_400;
const MANY = [SHORT_LIVED, KUBE_APISERVER, KUBE_ETCD];

const shown =
  (answers: Record<string, PeerCertificateResult>): PeerCertificate =>
  async ({ host, port }) =>
    answers[`${host}:${port}`] ?? { kind: 'failure', failure: 'refused', message: `nobody listens on ${host}:${port}` };
/** On 2026-01-01. */
const look = (
  files: Record<string, FakeFile>,
  answers: Record<string, PeerCertificateResult> = {},
  config: Partial<{ files: string[]; endpoints: string[]; warningDays: number }> = {},
  more: Partial<CheckContext> = {},
) => {
  const context = { host: fakeHostFiles(files), peerCertificate: shown(answers), config };
  const { clock = testClock(), apiAuthority = async () => undefined } = more;
  return certificates.run(testContext(certificates, { ...context, clock, apiAuthority }));
};
const OWN = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
const given = (pem: string) => ({ apiAuthority: async () => ({ path: OWN, pem }) });

describe('certificates', () => {
  it('are ok, with the time that each is good for, the first to expire first', async () => {
    const outcome = await look({
      [KUBELET]: `${KUBE_ETCD}-----BEGIN EC PRIVATE KEY-----`,
      '/etc/kubernetes/pki/ca.crt': NEW_AUTHORITY,
    });

    expect(outcome).toEqual({
      status: 'ok',
      readings: [
        { name: 'remaining_seconds', subject: KUBELET, value: 151 * DAY },
        { name: 'remaining_seconds', subject: '/etc/kubernetes/pki/ca.crt', value: 3591 * DAY },
        { name: 'lowest_remaining_seconds', value: 151 * DAY },
        { name: 'not_looked_at_count', value: 0 },
      ],
    });
  });

  it('is CertificateExpiresSoon in its last days', async () => {
    expect(await look({ [APISERVER]: KUBE_APISERVER, [KUBELET]: KUBE_ETCD })).toMatchObject({
      status: 'problem',
      problems: [
        {
          reason: 'CertificateExpiresSoon',
          subject: APISERVER,
          message: `${APISERVER} (kube-apiserver) expires on 2026-01-08, in 7 days.`,
        },
      ],
    });
    expect(await look({ [APISERVER]: KUBE_APISERVER }, {}, { warningDays: 5 })).toMatchObject({ status: 'ok' });
  });

  it('is not warned of while whoever made it for a day has time to renew it', async () => {
    expect(await look({ [KUBELET]: SHORT_LIVED })).toMatchObject({ status: 'ok' });
  });

  it('is CertificateExpired when it is over, also in a kubeconfig of the control plane', async () => {
    const data = Buffer.from(KUBERNETES_ADMIN).toString('base64');
    const config = `users:\n- name: scheduler\n  user:\n    client-certificate-data: ${data}\n`;
    const files = { '/etc/kubernetes/scheduler.conf': config, [APISERVER]: KUBE_APISERVER };
    expect(await look(files)).toMatchObject({
      problems: [
        {
          reason: 'CertificateExpired',
          message: '/etc/kubernetes/scheduler.conf (kubernetes-admin) expired on 2025-12-01, 31 days ago.',
        },
        { reason: 'CertificateExpiresSoon', subject: APISERVER },
      ],
    });
  });

  it('leaves alone what nothing that runs needs: a person’s own, and what an older version left', async () => {
    const data = Buffer.from(KUBERNETES_ADMIN).toString('base64');
    const files = {
      [KUBELET]: KUBE_ETCD,
      '/etc/kubernetes/admin.conf': `client-certificate-data: ${data}\n`,
      '/etc/kubernetes/pki/john.crt': KUBERNETES_ADMIN,
      '/var/lib/rancher/k3s/server/tls/client-cloud-controller.crt': KUBERNETES_ADMIN,
    };
    expect(await look(files)).toMatchObject({ status: 'ok' });
  });

  it('is CertificateNotYetValid before its time: a clock is wrong', async () => {
    expect(await look({ '/etc/kubernetes/pki/front-proxy-client.crt': NOT_YET })).toMatchObject({
      problems: [
        {
          reason: 'CertificateNotYetValid',
          message:
            '/etc/kubernetes/pki/front-proxy-client.crt (front-proxy-client) is good from 2026-02-01 00:00 UTC on; here it is 2026-01-01 00:00 UTC.',
        },
      ],
    });
  });

  it('leaves out what a bundle of authorities has from before, and a chain’s authorities', async () => {
    expect(await look({ '/etc/kubernetes/pki/etcd/ca.crt': OLD_AUTHORITY + NEW_AUTHORITY })).toMatchObject({
      status: 'ok',
    });
    expect(await look({ [KUBELET]: KUBE_ETCD + OLD_AUTHORITY })).toMatchObject({ status: 'ok' });
    expect(await look({ '/etc/kubernetes/pki/etcd/ca.crt': OLD_AUTHORITY })).toMatchObject({ status: 'problem' });
  });

  it('looks at what the API server and etcd show, once where a file has the same', async () => {
    const etcd = '/etc/kubernetes/manifests/etcd.yaml';
    const files = { ...MANIFEST, [etcd]: '- --listen-client-urls=https://127.0.0.1:2379', [APISERVER]: KUBE_APISERVER };
    const outcome = await look(files, {
      '127.0.0.1:6443': { kind: 'certificate', pem: KUBE_APISERVER },
      '127.0.0.1:2379': { kind: 'certificate', pem: KUBERNETES_ADMIN },
    });

    expect(outcome).toMatchObject({
      problems: [{ reason: 'CertificateExpired', subject: '127.0.0.1:2379' }, { subject: APISERVER }],
    });
  });

  it('says nothing of a server that is down, unless it was told to look there', async () => {
    expect(await look({ ...MANIFEST, [KUBELET]: KUBE_ETCD })).toMatchObject({ status: 'ok' });
    expect(await look({ [KUBELET]: KUBE_ETCD }, {}, { endpoints: ['registry:443'] })).toMatchObject({
      status: 'unknown',
      why: 'could not look: nobody listens on registry:443',
    });
  });

  it.each(['timeout', 'reset', 'tls', 'refused'] as const)(
    'says nothing of a server that fails otherwise: %s',
    async (kind) => {
      const fails = { '127.0.0.1:6443': { kind: 'failure', failure: kind, message: 'no handshake' } } as const;
      expect(await look({ ...MANIFEST, [KUBELET]: KUBE_ETCD }, fails)).toMatchObject({ status: 'ok' });
    },
  );

  it('is unknown for an endpoint that is none', async () => {
    expect(await look({}, {}, { endpoints: ['https://registry/'] })).toMatchObject({
      status: 'unknown',
      why: 'https://registry/ in checks.certificates.endpoints is not HOST:PORT',
    });
    expect(await look({}, {}, { endpoints: ['Registry.Local'] })).toMatchObject({
      status: 'unknown',
      why: 'could not look: nobody listens on registry.local:443',
    });
  });

  it('is unknown for what cannot be read, and counts it beside a problem', async () => {
    const files: Record<string, FakeFile> = {
      [KUBELET]: { error: 'EACCES' },
      '/etc/kubernetes/scheduler.conf': { error: 'EACCES' },
    };
    expect(await look(files)).toMatchObject({
      status: 'unknown',
      why: `could not look: the agent may not read ${KUBELET} (EACCES) and the agent may not read /etc/kubernetes/scheduler.conf (EACCES)`,
    });
    expect(await look({ ...files, [APISERVER]: KUBE_APISERVER })).toMatchObject({
      status: 'problem',
      readings: [{}, {}, { name: 'not_looked_at_count', value: 2 }],
    });
  });

  it.each([
    '',
    'not PEM',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    '<html>',
    KUBE_ETCD.slice(0, 200),
  ])('is unknown for a file without a certificate: %j', async (text) => {
    expect(await look({ [APISERVER]: text })).toMatchObject({
      status: 'unknown',
      why: `could not look: ${APISERVER} holds no certificate that can be read`,
    });
  });

  it('misses a file that it was told to look at', async () => {
    expect(await look({}, {}, { files: ['/etc/ingress/tls.crt'] })).toMatchObject({
      status: 'unknown',
      why: 'could not look: there is no /etc/ingress/tls.crt',
    });
  });

  it('is absent where there is nothing of Kubernetes, also where a kubeconfig has a token', async () => {
    const files = { '/etc/kubernetes/scheduler.conf': 'users:\n- user:\n    token: abc\n' };
    expect(await look(files)).toEqual({
      status: 'absent',
      why: 'no certificate of Kubernetes or etcd is on this node',
    });
  });

  it('does not say that a node has none where none is mounted into its container', async () => {
    const node = { name: 'node-1', arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1' };
    expect(await certificates.run(testContext(certificates, { node }))).toEqual({
      status: 'absent',
      why: 'no certificate is shown on this node, and none is mounted into the agent’s container',
    });
  });

  it('are ok where the agent has only the authority of its service account', async () => {
    expect(await look({}, {}, {}, given(OLD_AUTHORITY + NEW_AUTHORITY))).toMatchObject({
      status: 'ok',
      readings: [{ name: 'remaining_seconds', subject: OWN, value: 3591 * DAY }, {}, {}],
    });
  });

  it('is ClusterAuthorityExpiresSoon, then ClusterAuthorityExpired, once where a file has the same', async () => {
    const files = { '/etc/kubernetes/pki/ca.crt': NEW_AUTHORITY };
    const clock = testClock();
    const at = async (afterMs: number) => {
      clock.advance(afterMs);
      return look(files, {}, {}, { clock, ...given(NEW_AUTHORITY) });
    };
    expect(await at(3577 * DAY * 1000)).toMatchObject({ status: 'ok' });
    expect(await at(DAY * 1000)).toMatchObject({
      problems: [
        { reason: 'ClusterAuthorityExpiresSoon', subject: OWN, message: expect.stringContaining('in 13 days') },
      ],
    });
    const expired = await at(14 * DAY * 1000);
    expect(expired).toMatchObject({ problems: [{ reason: 'ClusterAuthorityExpired', subject: OWN }] });
    expect(expired.status === 'problem' && expired.problems).toHaveLength(1);
  });

  it('is unknown for an authority that is none', async () => {
    expect(await look({}, {}, {}, given('-----BEGIN CERTIFICATE-----\n'))).toMatchObject({
      status: 'unknown',
      why: `could not look: ${OWN} holds no certificate that can be read`,
    });
  });

  it('shows each once, the first to expire first', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`/etc/ssl/${index}.pem`, MANY[index % MANY.length] ?? '']),
    );
    const outcome = await look(files, {}, { files: Object.keys(files), warningDays: 0 });
    const subjects = 'readings' in outcome ? (outcome.readings ?? []).flatMap(({ subject }) => subject ?? []) : [];
    // The same one in several files is one.
    expect(subjects).toEqual(['/etc/ssl/0.pem', '/etc/ssl/1.pem', '/etc/ssl/2.pem']);
  });
});
