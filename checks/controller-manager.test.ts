import { describe, expect, it } from 'vitest';
import { fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testContext } from './lib/testing.ts';
import { controllerManager } from './controller-manager.ts';
import type { FetchResult } from './types.ts';

const URL = 'https://127.0.0.1:10257';
const MANIFEST = '/etc/kubernetes/manifests/kube-controller-manager.yaml';
const HERE = { [MANIFEST]: '- --bind-address=127.0.0.1' };

const look = (answers: Record<string, FetchResult>) =>
  controllerManager.run(testContext(controllerManager, { fetch: fakeFetch(answers), host: fakeHostFiles(HERE) }));
const problem = (reason: string) => ({ status: 'problem', problems: [{ reason }] });

describe('controller-manager', () => {
  it('is ok when it says so', async () => {
    expect(await look({ [`${URL}/healthz`]: fetchResponse(200, 'ok', 3) })).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.003 }],
    });
  });

  it('lives when nobody may ask it', async () => {
    expect(await look({ [URL]: fetchResponse(401, 'Unauthorized') })).toMatchObject({ status: 'ok' });
  });

  it('is absent when nobody listens: whether that is ControllerManagerDown, the traces decide', async () => {
    expect(await look({})).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:10257' });
    expect(await controllerManager.presence?.traces({ config: { endpoint: '' }, host: fakeHostFiles(HERE) })).toBe(
      `static manifest ${MANIFEST}`,
    );
  });

  it.each([
    ['silent', fetchFailure('timeout'), 'ControllerManagerHung'],
    [
      'not healthy',
      fetchResponse(500, '[+]ping ok\n[-]leaderElection failed: reason withheld'),
      'ControllerManagerUnhealthy',
    ],
    ['at an end with every connection', fetchFailure('reset'), 'ControllerManagerUnhealthy'],
    ['a page', fetchResponse(200, '<html>'), 'ControllerManagerUnhealthy'],
  ])('has a name for it when it is %s', async (_, answer, reason) => {
    expect(await look({ [URL]: answer })).toMatchObject(problem(reason));
  });

  it.each(['unreachable', 'tls', 'aborted', 'other'] as const)(
    'is unknown after a failure of kind %s',
    async (kind) => {
      expect(await look({ [URL]: fetchFailure(kind) })).toMatchObject({ status: 'unknown' });
    },
  );
});
