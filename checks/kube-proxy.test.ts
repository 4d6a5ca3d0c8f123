import { describe, expect, it } from 'vitest';
import { kubeProxy } from './kube-proxy.ts';
import { fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testClock, testContext } from './lib/testing.ts';
import type { FetchResult } from './types.ts';

const LIVEZ = 'http://127.0.0.1:10256/livez';
const HEALTHZ = 'http://127.0.0.1:10256/healthz';
const kubeletIsHere = fakeHostFiles({ '/var/lib/kubelet/config.yaml': '' });
const MINUTE_MS = 60_000;

const answering = (answers: Record<string, FetchResult>, host = fakeHostFiles({})) =>
  testContext(kubeProxy, { fetch: fakeFetch(answers), host });

/** A kube-proxy that was well once; the record says what it answers from now on. */
async function seenWell() {
  const answers: Record<string, FetchResult> = { [LIVEZ]: fetchResponse(200) };
  const clock = testClock();
  const context = testContext(kubeProxy, { fetch: fakeFetch(answers), host: kubeletIsHere, clock });
  expect(await kubeProxy.run(context)).toMatchObject({ status: 'ok' });
  return { answers, clock, look: () => kubeProxy.run(context) };
}

describe('kube-proxy', () => {
  it('is ok when it lives', async () => {
    expect(await kubeProxy.run(answering({ [LIVEZ]: fetchResponse(200, '{}', 4) }))).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.004 }],
    });
  });

  it('is asked the older way before 1.28', async () => {
    const older = { [LIVEZ]: fetchResponse(404, '404 page not found'), [HEALTHZ]: fetchResponse(200, '{}') };
    expect(await kubeProxy.run(answering(older))).toMatchObject({ status: 'ok' });
  });

  it.each([
    [
      '{"lastUpdated": "2026-11-22 08:45:00.1 +0000 UTC m=+3.1","currentTime": "2026-11-22 08:47:30.1 +0000 UTC m=+153.1"}',
      'its rules are 150 s behind',
    ],
    [
      '{"lastUpdated": "0001-01-01 00:00:00 +0000 UTC","currentTime": "2026-11-22 08:47:30 +0000 UTC"}',
      'it has not written its rules yet',
    ],
    ['<html>busy</html>', '<html>busy</html>'],
    ['', 'no text'],
    ['9'.repeat(300), '9'.repeat(200)],
  ])('is KubeProxyUnhealthy when it says so after it was well: %s', async (body, said) => {
    const { answers, look } = await seenWell();
    answers[LIVEZ] = fetchResponse(503, body);

    expect(await look()).toMatchObject({
      problems: [{ reason: 'KubeProxyUnhealthy', message: `${LIVEZ} answers 503: ${said}.` }],
      readings: [{ name: 'latency_seconds' }],
    });
  });

  it('is KubeProxyHung when it is silent, and KubeProxyUnhealthy when it closes the connection', async () => {
    const { answers, look } = await seenWell();
    answers[LIVEZ] = fetchFailure('timeout', 'no answer within 850 ms');
    expect(await look()).toMatchObject({
      problems: [{ reason: 'KubeProxyHung', message: 'kube-proxy does not answer: no answer within 850 ms.' }],
    });
    answers[LIVEZ] = fetchFailure('reset');
    expect(await look()).toMatchObject({ problems: [{ reason: 'KubeProxyUnhealthy' }] });
  });

  it('is waited for a minute when it is gone, then missing: whether it is down, the runner decides', async () => {
    const { answers, clock, look } = await seenWell();
    delete answers[LIVEZ];
    expect(await look()).toEqual({ status: 'ok' });
    clock.advance(MINUTE_MS - 1);
    expect(await look()).toEqual({ status: 'ok' });
    clock.advance(1);
    expect(await look()).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:10256' });
  });

  it('is not red for an update: gone, back without rules, well', async () => {
    const { answers, clock, look } = await seenWell();
    delete answers[LIVEZ];
    expect(await look()).toEqual({ status: 'ok' });
    clock.advance(20_000);
    answers[LIVEZ] = fetchResponse(503);
    expect(await look()).toEqual({ status: 'ok' });
    clock.advance(20_000);
    answers[LIVEZ] = fetchResponse(200);
    expect(await look()).toMatchObject({ status: 'ok', readings: [{}] });
    // The next time begins anew.
    delete answers[LIVEZ];
    clock.advance(50_000);
    expect(await look()).toEqual({ status: 'ok' });
  });

  it('is KubeProxyUnhealthy a minute after it went when it does not get well again', async () => {
    const { answers, clock, look } = await seenWell();
    delete answers[LIVEZ];
    await look();
    answers[LIVEZ] = fetchResponse(503, 'no rules');
    clock.advance(MINUTE_MS);
    expect(await look()).toMatchObject({ problems: [{ reason: 'KubeProxyUnhealthy' }] });
  });

  it('is unknown for a minute where it may still be starting, and absent at once where there is no kubelet', async () => {
    const clock = testClock();
    const context = testContext(kubeProxy, { host: kubeletIsHere, clock });
    expect(await kubeProxy.run(context)).toMatchObject({
      status: 'unknown',
      why: 'nobody listens on 127.0.0.1:10256; it may still be starting',
    });
    clock.advance(MINUTE_MS);
    expect(await kubeProxy.run(context)).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:10256' });
    expect(await kubeProxy.run(answering({}))).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:10256' });
    const unreadable = fakeHostFiles({ '/var/lib/kubelet/config.yaml': { error: 'EACCES' } });
    expect(await kubeProxy.run(answering({}, unreadable))).toMatchObject({ status: 'unknown' });
    const inPod = { name: 'node-1', arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1' };
    expect(await kubeProxy.run(testContext(kubeProxy, { node: inPod }))).toMatchObject({ status: 'unknown' });
  });

  it('is unknown where something else answers', async () => {
    expect(await kubeProxy.run(answering({ [LIVEZ]: fetchResponse(301, '<html>') }))).toMatchObject({
      status: 'unknown',
      why: `what answers 301 at ${LIVEZ} is no kube-proxy`,
    });
  });

  it.each(['unreachable', 'tls', 'aborted', 'other'] as const)(
    'is unknown after a failure of kind %s',
    async (kind) => {
      expect(await kubeProxy.run(answering({ [LIVEZ]: fetchFailure(kind) }))).toMatchObject({ status: 'unknown' });
    },
  );

  it('asks only the endpoint that is set, where it is expected', async () => {
    const context = testContext(kubeProxy, {
      config: { endpoint: 'http://10.0.0.5:10256/' },
      fetch: fakeFetch({ [LIVEZ]: fetchResponse(200) }),
    });
    expect(await kubeProxy.run(context)).toMatchObject({ status: 'absent', why: 'nobody listens on 10.0.0.5:10256' });
    expect(await kubeProxy.presence?.traces(context)).toBe('configured endpoint http://10.0.0.5:10256/');
    expect(await kubeProxy.presence?.traces(testContext(kubeProxy))).toBeUndefined();
  });
});
