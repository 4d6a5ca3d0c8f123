import { describe, expect, it } from 'vitest';
import { fakeFetch, fetchFailure, fetchResponse, testClock, testContext } from './lib/testing.ts';
import { serviceIp } from './service-ip.ts';
import type { FetchResult } from './types.ts';

const SERVICE = 'https://10.96.0.1:443';
const SERVERS = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'];
const node = { name: 'node-1', arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1', apiServicePort: 443 };

const look = (answers: Record<string, FetchResult>, servers: readonly string[] = SERVERS) =>
  serviceIp.run(testContext(serviceIp, { node, fetch: fakeFetch(answers), apiServers: () => servers }));

describe('service-ip', () => {
  it.each([200, 401, 403, 404, 503])('is ok with any answer by the Service: %i', async (status) => {
    expect(await look({ [SERVICE]: fetchResponse(status, '<html>', 4) })).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.004 }],
    });
  });

  it.each(['timeout', 'reset', 'tls'] as const)('is ok after %s: somebody took the connection', async (kind) => {
    expect(await look({ [SERVICE]: fetchFailure(kind) })).toEqual({ status: 'ok', readings: [] });
  });

  it('is ok when one of three connections gets an answer: one API server of several is dead', async () => {
    let tries = 0;
    const oneOfThree = (): FetchResult => {
      tries += 1;
      return tries === 3 ? fetchResponse(200) : fetchFailure('unreachable');
    };
    const context = testContext(serviceIp, {
      node,
      fetch: fakeFetch({ [SERVICE]: oneOfThree }),
      apiServers: () => SERVERS,
    });
    expect(await serviceIp.run(context)).toMatchObject({ status: 'ok' });
  });

  it.each(['refused', 'unreachable'] as const)(
    'is ServiceUnreachable after %s by the Service while a server answers, once it was well',
    async (kind) => {
      const answers: Record<string, FetchResult> = {
        [SERVICE]: fetchResponse(200),
        'https://10.0.0.2:6443': fetchResponse(403),
      };
      const context = testContext(serviceIp, { node, fetch: fakeFetch(answers), apiServers: () => SERVERS });
      await serviceIp.run(context);
      answers[SERVICE] = fetchFailure(kind);
      expect(await serviceIp.run(context)).toEqual({
        status: 'problem',
        problems: [
          {
            reason: 'ServiceUnreachable',
            message: `No answer by the API's Service (${kind}), while 10.0.0.2:6443 answers.`,
          },
        ],
      });
    },
  );

  it('is waited for on a node that was just started', async () => {
    const clock = testClock();
    const answers = { 'https://10.0.0.2:6443': fetchResponse(403) };
    const context = testContext(serviceIp, { node, clock, fetch: fakeFetch(answers), apiServers: () => SERVERS });
    expect(await serviceIp.run(context)).toMatchObject({
      status: 'unknown',
      why: expect.stringMatching(/; this node may still be starting$/),
    });
    clock.advance(120_000);
    expect(await serviceIp.run(context)).toMatchObject({ status: 'problem' });
  });

  it('is unknown when no server answers either: the API is down, and Services cannot be told', async () => {
    expect(await look({ [SERVICE]: fetchFailure('unreachable') })).toMatchObject({
      status: 'unknown',
      why: 'no answer by the Service (unreachable), nor from the API servers themselves',
    });
    expect(serviceIp.looksThrough).toBe('kubernetes-api');
  });

  it('is unknown while no server is known by its own address, or only that of the Service', async () => {
    const why = 'no answer by the Service (unreachable), and no API server is known by its own address';
    expect(await look({ [SERVICE]: fetchFailure('unreachable') }, [])).toMatchObject({ status: 'unknown', why });
    expect(await look({ [SERVICE]: fetchFailure('unreachable') }, [SERVICE])).toMatchObject({ status: 'unknown', why });
  });

  it('is unknown when the run ended before', async () => {
    expect(await look({ [SERVICE]: fetchFailure('aborted') })).toMatchObject({ status: 'unknown', why: 'aborted' });
  });

  it('is asked at an address of IPv6 as well', async () => {
    const six = { ...node, apiServiceAddress: 'fd00::1' };
    const context = testContext(serviceIp, {
      node: six,
      fetch: fakeFetch({ 'https://[fd00::1]:443': fetchResponse(200) }),
    });
    expect(await serviceIp.run(context)).toMatchObject({ status: 'ok' });
  });

  it('is absent where there is no Service to look at', async () => {
    expect(await serviceIp.run(testContext(serviceIp))).toEqual({
      status: 'absent',
      why: 'no environment of a pod names the address of the Service',
    });
    expect(await look({}, ['https://10.96.0.1:6443'])).toEqual({
      status: 'absent',
      why: 'the environment names 10.96.0.1, which is an API server and no Service',
    });
  });
});
