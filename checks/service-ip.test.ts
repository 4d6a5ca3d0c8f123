import { describe, expect, it } from 'vitest';
import { fakeFetch, fetchFailure, fetchResponse, testContext } from './lib/testing.ts';
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

  it.each(['refused', 'timeout', 'reset', 'unreachable', 'tls', 'other'] as const)(
    'is ServiceUnreachable after %s by the Service while a server answers',
    async (kind) => {
      const answers = { [SERVICE]: fetchFailure(kind), 'https://10.0.0.2:6443': fetchResponse(403) };
      expect(await look(answers)).toEqual({
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

  it('is unknown when no server answers either: the API is down, and Services cannot be told', async () => {
    expect(await look({ [SERVICE]: fetchFailure('timeout') })).toMatchObject({
      status: 'unknown',
      why: 'no answer by the Service (timeout), nor from the API servers themselves',
    });
    expect(serviceIp.looksThrough).toBe('kubernetes-api');
  });

  it('is unknown while no server is known by its own address, or only that of the Service', async () => {
    const why = 'no answer by the Service (timeout), and no API server is known by its own address';
    expect(await look({ [SERVICE]: fetchFailure('timeout') }, [])).toMatchObject({ status: 'unknown', why });
    expect(await look({ [SERVICE]: fetchFailure('timeout') }, [SERVICE])).toMatchObject({ status: 'unknown', why });
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

  it('is absent outside of a pod', async () => {
    expect(await serviceIp.run(testContext(serviceIp))).toEqual({
      status: 'absent',
      why: 'this agent runs in no pod, whose environment would name the Service',
    });
  });
});
