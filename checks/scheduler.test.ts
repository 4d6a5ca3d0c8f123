import { describe, expect, it } from 'vitest';
import { fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testContext } from './lib/testing.ts';
import { scheduler } from './scheduler.ts';
import type { FetchResult } from './types.ts';

const URL = 'https://127.0.0.1:10259';
const MANIFEST = '/etc/kubernetes/manifests/kube-scheduler.yaml';
const HERE = { [MANIFEST]: '- --bind-address=127.0.0.1' };

const look = (answers: Record<string, FetchResult>) =>
  scheduler.run(testContext(scheduler, { fetch: fakeFetch(answers), host: fakeHostFiles(HERE) }));
const problem = (reason: string) => ({ status: 'problem', problems: [{ reason }] });

describe('scheduler', () => {
  it('is ok when it says so', async () => {
    expect(await look({ [`${URL}/livez`]: fetchResponse(200, 'ok', 3) })).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.003 }],
    });
  });

  it.each([403, 404])('is asked the older way when /livez is answered with %i', async (status) => {
    const older = (healthz: FetchResult) =>
      look({ [`${URL}/livez`]: fetchResponse(status, 'no'), [`${URL}/healthz`]: healthz });

    expect(await older(fetchResponse(200, 'ok'))).toMatchObject({ status: 'ok' });
    expect(await older(fetchResponse(500, '[-]leaderElection failed: reason withheld'))).toMatchObject(
      problem('SchedulerUnhealthy'),
    );
  });

  it('lives when nobody may ask it', async () => {
    expect(await look({ [URL]: fetchResponse(401, 'Unauthorized') })).toMatchObject({ status: 'ok' });
  });

  it('is absent when nobody listens: whether that is SchedulerDown, the traces decide', async () => {
    expect(await look({})).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:10259' });
    expect(await scheduler.presence?.traces({ config: { endpoint: '' }, host: fakeHostFiles(HERE) })).toBe(
      `static manifest ${MANIFEST}`,
    );
  });

  it.each([
    ['silent', fetchFailure('timeout'), 'SchedulerHung'],
    ['not healthy', fetchResponse(500, '[+]ping ok\n[-]leaderElection failed: reason withheld'), 'SchedulerUnhealthy'],
    ['at an end with every connection', fetchFailure('reset'), 'SchedulerUnhealthy'],
    ['a page', fetchResponse(200, '<html>'), 'SchedulerUnhealthy'],
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
