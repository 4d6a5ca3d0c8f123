import { describe, expect, it } from 'vitest';
import { load, mistakesOf } from './testing.ts';

describe('flags', () => {
  it.each([
    [['--http.port', '8080'], { http: { port: 8080 } }],
    [['--http.port=8080'], { http: { port: 8080 } }],
    [['--http.token-file', '/t'], { http: { tokenFile: '/t' } }],
    [['--http.tokenFile=/t'], { http: { tokenFile: '/t' } }],
    [['--dataDirectory', '/d'], { dataDirectory: '/d' }],
    [['--data-directory', '/d'], { dataDirectory: '/d' }],
    [['--checks.disk-space.enabled=false'], { checks: { 'disk-space': { enabled: false } } }],
    [['--checks.diskSpace.min-free-ratio', '0.2'], { checks: { 'disk-space': { minFreeRatio: 0.2 } } }],
    [['--checks.disk-space.ignored='], { checks: { 'disk-space': { ignored: [] } } }],
    [['--checks.etcd.expected', '--http.port', '1'], { http: { port: 1 }, checks: { etcd: { expected: true } } }],
    [['--checks.etcd.enabled', 'false'], { checks: { etcd: { enabled: false } } }],
    [['--checks.etcd.endpoint=a=b'], { checks: { etcd: { endpoint: 'a=b' } } }],
  ])('%j', (args, expected) => {
    expect(load({ args })).toMatchObject(expected);
  });

  it.each([
    [['--http.port']],
    [['--http.port', '--log.level=info']],
    [['--http.port', '-1']],
    [['--http.port=1', '--http.port=2']],
    [['--config=/a', '--config=/b']],
    [['--config']],
    [['--htp.port', '1']],
    [['--nonsense']],
    [['agent']],
    [['-v']],
    [['--checks.etcd.enabled', 'off']],
    [['--checks.etcd.password=a-secret-that-is-too-long']],
  ])('refuses %j', (args) => {
    const mistakes = mistakesOf({ args, files: { '/a': '', '/b': '' } });
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes).toMatchSnapshot();
  });
});
