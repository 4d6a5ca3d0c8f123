import { describe, expect, it } from 'vitest';
import { type FakeFile, fakeHostFiles } from '../testing.ts';
import { type EtcdConfig, findEtcdTarget } from './target.ts';

const EMPTY: EtcdConfig = { endpoint: '', metricsEndpoint: '', caFile: '', certFile: '', keyFile: '' };
const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const PKI = '/etc/kubernetes/pki/etcd';
const secure = [
  '- --listen-client-urls=https://127.0.0.1:2379',
  `- --cert-file=${PKI}/server.crt`,
  `- --key-file=${PKI}/server.key`,
  `- --trusted-ca-file=${PKI}/ca.crt`,
].join('\n');
const find = (files: Record<string, FakeFile>, config: Partial<EtcdConfig> = {}) =>
  findEtcdTarget({ ...EMPTY, ...config }, fakeHostFiles(files));

describe('where', () => {
  it('is the usual places when nothing says otherwise', async () => {
    expect(await find({})).toMatchObject({
      clientUrls: ['http://127.0.0.1:2379', 'https://127.0.0.1:2379'],
      metricsUrl: 'http://127.0.0.1:2381',
      obstacles: [],
    });
  });

  it('is what the manifest says, and no other port', async () => {
    const target = await find({ [MANIFEST]: '- --listen-client-urls=http://10.0.0.5:4001' });

    expect(target).toEqual({ clientUrls: ['http://10.0.0.5:4001'], obstacles: [] });
  });

  it('is what the configuration says, before all', async () => {
    const target = await find(
      { [MANIFEST]: secure },
      { endpoint: 'http://127.0.0.1:1/', metricsEndpoint: 'http://127.0.0.1:2/metrics' },
    );

    expect(target).toEqual({ clientUrls: ['http://127.0.0.1:1'], metricsUrl: 'http://127.0.0.1:2', obstacles: [] });
  });

  it('never mixes a configured endpoint with a metrics port that could be another etcd’s', async () => {
    expect(await find({}, { endpoint: 'http://127.0.0.1:1' })).not.toHaveProperty('metricsUrl');
  });
});

describe('as whom', () => {
  const healthcheck = { [`${PKI}/healthcheck-client.crt`]: 'CERT', [`${PKI}/healthcheck-client.key`]: 'KEY' };
  const server = { [`${PKI}/server.crt`]: 'SERVER', [`${PKI}/server.key`]: 'SERVER KEY' };

  it('is the client that kubeadm made for health checks', async () => {
    expect(await find({ [MANIFEST]: secure, ...healthcheck, ...server })).toMatchObject({
      tls: { cert: 'CERT', key: 'KEY' },
      certFile: `${PKI}/healthcheck-client.crt`,
      trustedCaFile: `${PKI}/ca.crt`,
    });
  });

  it('is etcd itself where that is missing', async () => {
    expect(await find({ [MANIFEST]: secure, ...server })).toMatchObject({
      certFile: `${PKI}/server.crt`,
      obstacles: [],
    });
  });

  it('is nobody where nothing may be read, which is said', async () => {
    const target = await find({
      [MANIFEST]: secure,
      ...healthcheck,
      [`${PKI}/healthcheck-client.key`]: { error: 'EACCES' },
    });

    expect(target.tls).toEqual({});
    expect(target.certFile).toBeUndefined();
    expect(target.obstacles).toEqual([expect.stringContaining('healthcheck-client.key')]);
  });

  it('is what the configuration names, and only that', async () => {
    const config = { endpoint: 'https://127.0.0.1:1', certFile: '/c', keyFile: '/k', caFile: '/ca' };

    expect(await find({ '/c': 'C', '/k': 'K', '/ca': 'CA', ...healthcheck }, config)).toMatchObject({
      tls: { cert: 'C', key: 'K', ca: 'CA' },
      certFile: '/c',
    });
    expect((await find(healthcheck, config)).obstacles).toEqual([
      expect.stringContaining('/c'),
      expect.stringContaining('/ca'),
    ]);
  });

  it('reads no key where nothing speaks TLS', async () => {
    const target = await find(
      { [`${PKI}/healthcheck-client.crt`]: { error: 'EIO' } },
      { endpoint: 'http://127.0.0.1:1' },
    );

    expect(target.obstacles).toEqual([]);
  });
});
