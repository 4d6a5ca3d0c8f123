import { describe, expect, it } from 'vitest';
import { load, mistakesOf } from './testing.ts';

describe('the environment', () => {
  it.each([
    ['MEERKAT_HTTP_PORT', '8080', { http: { port: 8080 } }],
    ['MEERKAT_HTTP_ADDRESS', '10.0.0.1', { http: { address: '10.0.0.1' } }],
    ['MEERKAT_HTTP_TOKEN_FILE', '/t', { http: { tokenFile: '/t' } }],
    ['MEERKAT_HTTP_HOST_NAMES', 'a, b.example.org', { http: { hostNames: ['a', 'b.example.org'] } }],
    ['MEERKAT_DATA_DIRECTORY', '/d', { dataDirectory: '/d' }],
    ['MEERKAT_LOG_LEVEL', 'debug', { log: { level: 'debug' } }],
    ['MEERKAT_CHECKS_DISK_SPACE_ENABLED', 'false', { checks: { 'disk-space': { enabled: false } } }],
    ['MEERKAT_CHECKS_DISK_SPACE_MIN_FREE_RATIO', '.05', { checks: { 'disk-space': { minFreeRatio: 0.05 } } }],
    ['MEERKAT_CHECKS_DISK_SPACE_IGNORED', '["a,b"]', { checks: { 'disk-space': { ignored: ['a,b'] } } }],
    ['MEERKAT_CHECKS_ETCD_EXPECTED', 'true', { checks: { etcd: { expected: true } } }],
    ['MEERKAT_CHECKS_TCP_LABELS', '{"a":"b"}', { checks: { tcp: { labels: { a: 'b' } } } }],
    ['MEERKAT_CHECKS_TCP_TARGETS', '[{"host":"a","port":1}]', { checks: { tcp: { targets: [{ port: 1 }] } } }],
  ])('%s=%s', (name, text, expected) => {
    expect(load({ env: { [name]: text } })).toMatchObject(expected);
  });

  it.each(['MEERKAT_HTTP_PORT', 'MEERKAT_NODE_NAME', 'MEERKAT_CHECKS_DISK_SPACE_IGNORED', 'MEERKAT_UNKNOWN'])(
    'takes an empty %s as not given',
    (name) => {
      expect(load({ env: { [name]: '' } })).toEqual(load());
    },
  );

  it.each([
    ['MEERKAT_HTTP_PORT', '0x10'],
    ['MEERKAT_HTTP_PORT', '1e99'],
    ['MEERKAT_HTTP_PORT', 'NaN'],
    ['MEERKAT_CHECKS_ETCD_ENABLED', 'yes'],
    ['MEERKAT_CHECKS_ETCD_PASSWORD', 'a-secret-that-is-too-long'],
    ['MEERKAT_CHECKS_TCP_TARGETS', 'a:1'],
    ['MEERKAT_HTPP_PORT', '1'],
    ['MEERKAT_HTTP_TOKENFILE', '/t'],
    ['MEERKAT_CONFG', '/c'],
    ['MEERKAT_SOMETHING_ELSE', '1'],
    ['MEERKAT_PORT', '7575'],
  ])('refuses %s=%s', (name, text) => {
    const mistakes = mistakesOf({ env: { [name]: text } });
    expect(mistakes).toHaveLength(1);
    expect(mistakes).toMatchSnapshot();
  });

  it('ignores what Kubernetes sets for a Service called meerkat or meerkat-…', () => {
    const ip = '10.96.0.7';
    const links = ['MEERKAT', 'MEERKAT_HEADLESS', 'MEERKAT_OVERLAY', 'MEERKAT_HTTP'].flatMap((service) => [
      [`${service}_SERVICE_HOST`, ip],
      [`${service}_SERVICE_PORT`, '7575'],
      [`${service}_SERVICE_PORT_HTTP`, '7575'],
      [`${service}_PORT`, `tcp://${ip}:7575`],
      [`${service}_PORT_7575_TCP`, `tcp://${ip}:7575`],
      [`${service}_PORT_7575_TCP_PROTO`, 'tcp'],
      [`${service}_PORT_7575_TCP_PORT`, '7575'],
      [`${service}_PORT_7575_TCP_ADDR`, ip],
      [`${service}_PORT_7576_UDP`, `udp://${ip}:7576`],
    ]);
    expect(load({ env: Object.fromEntries(links) as Record<string, string> })).toEqual(load());
  });
});
