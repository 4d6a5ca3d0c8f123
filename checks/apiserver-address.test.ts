import { describe, expect, it } from 'vitest';
import { apiserverAddress } from './apiserver-address.ts';
import { fakeFetch, fetchFailure, fetchResponse, testClock, testContext } from './lib/testing.ts';
import type { FetchRequest, FetchResult } from './types.ts';

const SERVICE = 'https://10.96.0.1:443';
const [ONE, TWO] = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'];
const node = { name: 'w1', arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1', apiServicePort: 443 };
const MINUTE = 60_000;

/** A node that sees these servers; the records may be changed between looks. */
function aNode(answers: Record<string, FetchResult>, servers: string[] = [TWO, SERVICE, ONE]) {
  const clock = testClock();
  const asked: string[] = [];
  const ask = fakeFetch(answers);
  const fetch = (request: FetchRequest): Promise<FetchResult> => {
    asked.push(request.url);
    return ask(request);
  };
  const context = testContext(apiserverAddress, { node, clock, fetch, apiServers: () => servers });
  return { asked, clock, look: () => apiserverAddress.run(context), once: { ...context, isOnly: true } };
}

const problem = (reason: string, subject: string, message: unknown = expect.any(String)) => ({
  status: 'problem',
  problems: [{ reason, subject, message }],
});

describe('apiserver-address', () => {
  it.each([200, 401, 403, 404, 429, 500])('is ok with any answer at each address: %i', async (status) => {
    const { look, asked } = aNode({ [ONE]: fetchResponse(status, '{}', 4), [TWO]: fetchResponse(status, '{}', 5) });

    expect(await look()).toEqual({
      status: 'ok',
      readings: [
        { name: 'latency_seconds', subject: '10.0.0.1:6443', value: 0.004 },
        { name: 'latency_seconds', subject: '10.0.0.2:6443', value: 0.005 },
      ],
    });
    expect(asked).toEqual([`${ONE}/version`, `${TWO}/version`]);
  });

  it('bears what a new start takes, and tells what lasts a minute', async () => {
    const answers: Record<string, FetchResult> = { [ONE]: fetchResponse(200), [TWO]: fetchResponse(200) };
    const { look, clock } = aNode(answers);
    await look();
    answers[TWO] = fetchFailure('refused');
    expect(await look()).toMatchObject({ status: 'ok', readings: [{ subject: '10.0.0.1:6443' }] });
    clock.advance(MINUTE - 1);
    expect(await look()).toMatchObject({ status: 'ok' });
    clock.advance(1);

    expect(await look()).toMatchObject(
      problem('ApiserverUnreachable', '10.0.0.2:6443', 'The API server at 10.0.0.2:6443 is not there: nobody listens.'),
    );
    answers[TWO] = fetchResponse(200);
    expect(await look()).toMatchObject({ status: 'ok' });
  });

  it('counts the minute anew after every answer', async () => {
    const answers: Record<string, FetchResult> = { [ONE]: fetchResponse(200) };
    const { look, clock } = aNode(answers, [ONE]);
    for (const answer of [fetchResponse(200), fetchFailure('reset'), fetchResponse(503), fetchFailure('reset')]) {
      answers[ONE] = answer;
      expect(await look()).toMatchObject({ status: 'ok' });
      clock.advance(MINUTE - 1);
    }
  });

  it('says of one that never answered that it may be the node, and after two minutes that it never did', async () => {
    const { look, clock } = aNode({ [ONE]: fetchResponse(200) });
    expect(await look()).toEqual({
      status: 'unknown',
      why: 'The API server at 10.0.0.2:6443 is not there: nobody listens. This node may still be starting.',
      readings: [expect.objectContaining({ subject: '10.0.0.1:6443' })],
    });
    clock.advance(2 * MINUTE);

    expect(await look()).toMatchObject(problem('ApiserverNeverReached', '10.0.0.2:6443'));
  });

  it('says at once what it sees where no further run follows', async () => {
    expect(await apiserverAddress.run(aNode({ [ONE]: fetchResponse(200) }).once)).toMatchObject(
      problem('ApiserverNeverReached', '10.0.0.2:6443'),
    );
  });

  it.each<[string, FetchResult, string]>([
    [
      'silent',
      fetchFailure('timeout', 'no full answer from 10.0.0.1:6443 within 2000 ms'),
      'The API server at 10.0.0.1:6443 accepts connections and does not answer: no full answer from 10.0.0.1:6443 within 2000 ms.',
    ],
    [
      'not reached, whatever port this end has',
      fetchFailure('unreachable', '10.0.0.1:6443: connect EHOSTUNREACH 10.0.0.1:6443 - Local (10.0.0.9:43210)'),
      'Nothing answers at 10.0.0.1:6443, where an API server is: 10.0.0.1:6443: connect EHOSTUNREACH 10.0.0.1:6443.',
    ],
    [
      'a gateway that has lost it',
      fetchResponse(503, '<html><body>503 Service Unavailable</body></html>'),
      'What answers at 10.0.0.1:6443 has no API server behind it: /version answers 503.',
    ],
    [
      'no server of HTTP',
      fetchFailure('other', '10.0.0.1:6443: Parse Error: Expected HTTP/'),
      'What listens at 10.0.0.1:6443 answers nonsense: 10.0.0.1:6443: Parse Error: Expected HTTP/.',
    ],
  ])('tells of a server that is %s', async (_, answer, message) => {
    const answers: Record<string, FetchResult> = { [ONE]: fetchResponse(200) };
    const { look, clock } = aNode(answers, [ONE]);
    await look();
    answers[ONE] = answer;
    await look();
    clock.advance(MINUTE);

    expect(await look()).toMatchObject(problem('ApiserverUnreachable', '10.0.0.1:6443', message));
  });

  it.each<[string, FetchResult]>([
    ['the run ended before', fetchFailure('aborted', 'the run ended before the answer came')],
    ['this process has no socket left', fetchFailure('other', 'connect EMFILE')],
    ['a name is not found', fetchFailure('unreachable', 'getaddrinfo EAI_AGAIN api.example.com')],
  ])('is unknown when %s, however long', async (_, answer) => {
    const { look, clock } = aNode({ [ONE]: answer }, [ONE]);
    await look();
    clock.advance(10 * MINUTE);

    expect(await look()).toMatchObject({ status: 'unknown' });
    expect(apiserverAddress.looksThrough).toBe('kubernetes-api');
  });

  it('does not call a page of somebody else’s a fault: in doubt it is none', async () => {
    expect(await aNode({ [ONE]: fetchResponse(200, '<html>welcome</html>') }, [ONE]).look()).toMatchObject({
      status: 'ok',
    });
  });

  it('asks neither the Service nor proxies on loopback, and at most seven', async () => {
    const proxies = ['https://127.0.0.1:6443', 'https://localhost:7445', 'https://[::1]:6443', 'http://10.0.0.1:8001'];
    expect(await aNode({}, [SERVICE, ...proxies]).look()).toEqual({
      status: 'absent',
      why: 'no API server is known by an address of its own',
    });
    const own = ['0.0.0.0', '169.254.169.254', '[::]', '[::ffff:7f00:1]', '[fe80::1]', '224.0.0.1'];
    expect(
      await aNode(
        {},
        own.map((host) => `https://${host}:6443`),
      ).look(),
    ).toMatchObject({ status: 'absent' });
    const many = Array.from({ length: 9 }, (_, index) => `https://10.0.0.${9 - index}:6443`);
    const { look, asked } = aNode({}, many);
    await look();
    expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7].map((index) => `https://10.0.0.${index}:6443/version`));
  });

  it('asks an address of IPv6, and a load balancer without a port', async () => {
    const { look, asked } = aNode({}, ['https://[fd00::1]:6443', 'https://api.example.com/']);
    await look();
    expect(asked).toEqual(['https://[fd00::1]:6443/version', 'https://api.example.com:443/version']);
  });

  it('forgets what is no address of an API server any more', async () => {
    const servers = [ONE, TWO];
    const { look, clock } = aNode({ [ONE]: fetchResponse(200) }, servers);
    await look();
    clock.advance(10 * MINUTE);
    servers.pop();
    expect(await look()).toMatchObject({ status: 'ok' });
    servers.push(TWO);
    expect(await look()).toMatchObject({ status: 'unknown' });
  });
});
