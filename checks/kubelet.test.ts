import { describe, expect, it } from 'vitest';
import { kubelet } from './kubelet.ts';
import { type FakeFile, fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testContext } from './lib/testing.ts';
import type { FetchResult } from './types.ts';

const HEALTHZ = 'http://127.0.0.1:10248/healthz';
const answering = (answers: Record<string, FetchResult>, files: Record<string, FakeFile> = {}) =>
  testContext(kubelet, { fetch: fakeFetch(answers), host: fakeHostFiles(files) });
const settings = (text: string): Record<string, FakeFile> => ({ '/var/lib/kubelet/config.yaml': text });

describe('kubelet', () => {
  it('is ok when it answers 200', async () => {
    const outcome = await kubelet.run(answering({ [HEALTHZ]: fetchResponse(200, 'ok', 4) }));

    expect(outcome).toEqual({ status: 'ok', readings: [{ name: 'latency_seconds', value: 0.004 }] });
  });

  it('is absent when nobody listens: whether that is KubeletDown, the traces decide', async () => {
    expect(await kubelet.run(answering({}))).toEqual({
      status: 'absent',
      why: 'nobody listens on 127.0.0.1:10248',
    });
  });

  it('is KubeletHung when it accepts and is silent', async () => {
    const outcome = await kubelet.run(
      answering({ [HEALTHZ]: fetchFailure('timeout', 'no full answer from 127.0.0.1:10248 within 850 ms') }),
    );

    expect(outcome).toEqual({
      status: 'problem',
      problems: [
        {
          reason: 'KubeletHung',
          message: 'The kubelet does not answer: no full answer from 127.0.0.1:10248 within 850 ms.',
        },
      ],
    });
  });

  it.each([
    ['healthz check failed', 'healthz check failed'],
    ['[+]ping ok\n[-]syncloop failed: reason withheld\nhealthz check failed', '[-]syncloop failed: reason withheld'],
    ['', 'no text'],
  ])('is KubeletUnhealthy with what it says: %j', async (body, said) => {
    const outcome = await kubelet.run(answering({ [HEALTHZ]: fetchResponse(500, body) }));

    expect(outcome).toMatchObject({
      status: 'problem',
      problems: [{ reason: 'KubeletUnhealthy', message: `${HEALTHZ} answers 500: ${said}.` }],
      readings: [{ name: 'latency_seconds' }],
    });
  });

  it('is KubeletUnhealthy when it closes the connection', async () => {
    expect(await kubelet.run(answering({ [HEALTHZ]: fetchFailure('reset') }))).toMatchObject({
      problems: [{ reason: 'KubeletUnhealthy' }],
    });
  });

  it.each(['unreachable', 'tls', 'aborted', 'other'] as const)(
    'is unknown after a failure of kind %s',
    async (kind) => {
      expect(await kubelet.run(answering({ [HEALTHZ]: fetchFailure(kind) }))).toMatchObject({ status: 'unknown' });
    },
  );

  it.each([
    ['healthzPort: 10999', 'http://127.0.0.1:10999/healthz'],
    ['healthzBindAddress: "0.0.0.0"\nhealthzPort: 10999', 'http://127.0.0.1:10999/healthz'],
    ['healthzBindAddress: 10.0.0.5', 'http://10.0.0.5:10248/healthz'],
    ['healthzBindAddress: "::"', 'http://[::1]:10248/healthz'],
    ['healthzBindAddress: fd00::5', 'http://[fd00::5]:10248/healthz'],
  ])('asks where the kubelet’s configuration says when the usual port is closed: %j', async (text, url) => {
    expect(await kubelet.run(answering({ [url]: fetchResponse(200) }, settings(text)))).toMatchObject({ status: 'ok' });
  });

  it('is absent when the configured port is closed as well', async () => {
    expect(await kubelet.run(answering({}, settings('healthzPort: 10999')))).toMatchObject({
      status: 'absent',
      why: 'nobody listens on 127.0.0.1:10999',
    });
  });

  it('is unknown when the health port is turned off', async () => {
    const outcome = await kubelet.run(answering({}, settings('kind: KubeletConfiguration\nhealthzPort: 0\n')));

    expect(outcome).toMatchObject({ status: 'unknown' });
  });

  it('asks only the endpoint that is set', async () => {
    const context = testContext(kubelet, {
      config: { endpoint: 'http://127.0.0.1:11248/healthz' },
      fetch: fakeFetch({ [HEALTHZ]: fetchResponse(200) }),
      host: fakeHostFiles(settings('')),
    });

    expect(await kubelet.run(context)).toMatchObject({ status: 'absent', why: 'nobody listens on 127.0.0.1:11248' });
    expect(await kubelet.presence?.traces(context)).toBe('configured endpoint http://127.0.0.1:11248/healthz');
  });

  it('belongs where its files are', async () => {
    expect(await kubelet.presence?.traces(answering({}, settings('')))).toBe('file /var/lib/kubelet/config.yaml');
    expect(await kubelet.presence?.traces(answering({}))).toBeUndefined();
  });
});
