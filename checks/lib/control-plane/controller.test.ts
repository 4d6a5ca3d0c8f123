import { describe, expect, it } from 'vitest';
import { controllerManager } from '../../controller-manager.ts';
import { scheduler } from '../../scheduler.ts';
import type { FetchResult } from '../../types.ts';
import { fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testContext } from '../testing.ts';

describe.each([
  { check: scheduler, prefix: 'Scheduler', name: 'kube-scheduler', port: 10_259, path: '/livez' },
  {
    check: controllerManager,
    prefix: 'ControllerManager',
    name: 'kube-controller-manager',
    port: 10_257,
    path: '/healthz',
  },
])('$name', ({ check, prefix, name, port, path }) => {
  const url = `https://127.0.0.1:${port}`;
  const manifest = `/etc/kubernetes/manifests/${name}.yaml`;
  const host = fakeHostFiles({ [manifest]: '- --bind-address=127.0.0.1' });
  const look = (answers: Record<string, FetchResult>) =>
    check.run(testContext(check, { fetch: fakeFetch(answers), host }));

  it('is ok when it says so', async () => {
    expect(await look({ [`${url}${path}`]: fetchResponse(200, 'ok', 3) })).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.003 }],
    });
  });

  it('lives when nobody may ask it', async () => {
    expect(await look({ [url]: fetchResponse(401, 'Unauthorized') })).toMatchObject({ status: 'ok' });
  });

  it('is absent when nobody listens: whether it is down, the traces decide', async () => {
    expect(await look({})).toEqual({ status: 'absent', why: `nobody listens on 127.0.0.1:${port}` });
    expect(check.presence?.reason).toBe(`${prefix}Down`);
    expect(await check.presence?.traces({ config: { endpoint: '' }, host })).toBe(`static manifest ${manifest}`);
  });

  it.each([
    ['silent', fetchFailure('timeout'), 'Hung'],
    ['not healthy', fetchResponse(500, '[+]ping ok\n[-]leaderElection failed: reason withheld'), 'Unhealthy'],
    ['at an end with every connection', fetchFailure('reset'), 'Unhealthy'],
    ['a page', fetchResponse(200, '<html>'), 'Unhealthy'],
  ])('has a name for it when it is %s', async (_, answer, how) => {
    const reason = `${prefix}${how}`;
    expect(await look({ [url]: answer })).toMatchObject({ status: 'problem', problems: [{ reason }] });
    expect(Object.keys(check.reasons)).toContain(reason);
  });

  it.each(['unreachable', 'tls', 'aborted', 'other'] as const)(
    'is unknown after a failure of kind %s',
    async (kind) => {
      expect(await look({ [url]: fetchFailure(kind) })).toMatchObject({ status: 'unknown' });
    },
  );
});
