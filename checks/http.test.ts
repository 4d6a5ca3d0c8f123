import { describe, expect, it } from 'vitest';
import { http } from './http.ts';
import { fakeFetch, fetchFailure, fetchResponse, testClock, testContext } from './lib/testing.ts';
import type { FetchRequest, FetchResult, Outcome } from './types.ts';

const HOST = 'http://127.0.0.1:8080';
type Answers = Record<string, FetchResult | ((request: FetchRequest) => FetchResult)>;

const redirect = (location: string, status = 302): FetchResult => ({
  kind: 'response',
  status,
  body: '',
  location,
  durationMs: 1,
});

function setUp(answers: Answers, { url = `${HOST}/healthz`, headers = {} } = {}) {
  const asked: FetchRequest[] = [];
  const clock = testClock();
  const fetch = fakeFetch(answers);
  const context = testContext(http, {
    isOnly: true,
    clock,
    fetch: async (request) => {
      asked.push(request);
      clock.advance(100);
      return await fetch(request);
    },
    config: {
      probes: [
        {
          name: 'api',
          description: '',
          url,
          headers,
          severity: 'warning',
          periodSeconds: 10,
          timeoutSeconds: 1,
          failureThreshold: 3,
          successThreshold: 1,
          initialDelaySeconds: 60,
        },
      ],
    },
  });
  return { asked, run: (): Promise<Outcome> => http.run(context) };
}

const look = (answers: Answers, more = {}): Promise<Outcome> => setUp(answers, more).run();
const failed = (what: string) => ({
  status: 'problem',
  problems: [{ reason: 'HttpProbeFailed', subject: 'api', message: `api: ${what}` }],
});

describe('http', () => {
  it('is absent without probes', async () => {
    expect(await http.run(testContext(http))).toEqual({
      status: 'absent',
      why: 'no probe is configured in checks.http.probes',
    });
  });

  it.each([200, 201, 204, 299, 300, 304, 399])('is ok with %i', async (status) => {
    expect(await look({ [HOST]: fetchResponse(status) })).toMatchObject({
      status: 'ok',
      readings: [{ name: 'duration_seconds', subject: 'api', value: 0.1 }, {}, {}],
    });
  });

  it.each([
    [400, ' Bad Request'],
    [401, ' Unauthorized'],
    [404, ' Not Found'],
    [500, ' Internal Server Error'],
    [503, ' Service Unavailable'],
    [599, ''],
    [199, ''],
  ])('fails with %i', async (status, name) => {
    expect(await look({ [HOST]: fetchResponse(status, '<html>') })).toMatchObject(
      failed(`${HOST}/healthz answered ${status}${name} in 0.1 s.`),
    );
  });

  it.each(['timeout', 'reset', 'unreachable', 'tls', 'other'] as const)('fails after %s', async (kind) => {
    expect(await look({ [HOST]: fetchFailure(kind, 'what was seen') })).toMatchObject(failed('what was seen.'));
  });

  it.each([
    [`${HOST}/healthz`, '127.0.0.1:8080'],
    ['http://shop.example/', 'shop.example:80'],
    ['https://[::1]/', '[::1]:443'],
  ])('fails where nobody listens: %s', async (url, place) => {
    expect(await look({}, { url })).toMatchObject(failed(`nobody listens on ${place}.`));
  });

  it('is unknown where the agent had no time to look', async () => {
    expect(await look({ [HOST]: fetchFailure('aborted', 'held up') })).toMatchObject({
      status: 'unknown',
      why: 'api: held up',
    });
  });

  it('shows nothing of what may be a secret', async () => {
    const outcome = await look({ [HOST]: fetchResponse(500, 'token') }, { url: `${HOST}/a?token=x#y` });
    expect(outcome).toMatchObject(failed(`${HOST}/a answered 500 Internal Server Error in 0.1 s.`));
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('to the same host is followed: %i', async (status) => {
    const { run, asked } = setUp({ [HOST]: redirect('/login?next=1', status), [`${HOST}/login`]: fetchResponse(200) });
    expect(await run()).toMatchObject({ status: 'ok' });
    expect(asked.map(({ url }) => url)).toEqual([`${HOST}/healthz`, `${HOST}/login?next=1`]);
  });

  it('to another port or to HTTPS on the same host is followed, and its answer counts', async () => {
    const answers = { [HOST]: redirect('https://127.0.0.1/'), 'https://127.0.0.1/': fetchResponse(404) };
    expect(await look(answers)).toMatchObject(failed('https://127.0.0.1/ answered 404 Not Found in 0.2 s.'));
  });

  it.each(['http://10.0.0.9/', '//other.example/x', 'ftp://other.example/', 'mailto:me'])(
    'to another host is a success, told by a reading, and not followed: %s',
    async (location) => {
      const { run, asked } = setUp({ [HOST]: redirect(location) });
      expect(await run()).toMatchObject({
        status: 'ok',
        readings: [{}, {}, { name: 'elsewhere_count', subject: 'api', value: 1 }, {}],
      });
      expect(asked).toHaveLength(1);
    },
  );

  it('from HTTPS to HTTP is followed without what may be a secret, and so is what comes after it', async () => {
    const [secure, plain] = ['https://127.0.0.1', 'http://127.0.0.1'];
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Api-Key': 'k', Host: 'shop.example' };
    const answers = {
      [`${secure}/a`]: redirect(`${secure}:8443/b`),
      [`${secure}:8443/b`]: redirect(`${plain}/c`),
      [`${plain}/c`]: redirect(`${secure}/d`),
      [`${secure}/d`]: fetchResponse(200),
    };
    const { run, asked } = setUp(answers, { url: `${secure}/a`, headers });
    expect(await run()).toMatchObject({ status: 'ok' });
    const secret = { authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'k' };
    const rest = { 'user-agent': 'meerkat', accept: '*/*', host: 'shop.example' };
    expect(asked.map((request) => request.headers)).toEqual([
      { ...rest, ...secret },
      { ...rest, ...secret },
      rest,
      rest,
    ]);
  });

  it('from HTTP to HTTPS takes the headers along', async () => {
    const answers = { [HOST]: redirect('https://127.0.0.1/'), 'https://127.0.0.1/': fetchResponse(200) };
    const { run, asked } = setUp(answers, { headers: { Authorization: 'Bearer x' } });
    await run();
    expect(asked.map((request) => request.headers?.['authorization'])).toEqual(['Bearer x', 'Bearer x']);
  });

  it('without a place to go to is an answer like any other', async () => {
    expect(await look({ [HOST]: fetchResponse(302) })).toMatchObject({ status: 'ok' });
    expect(await look({ [HOST]: redirect('/x', 304) })).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['http://[', `${HOST}/healthz redirects to what is no URL.`],
    ['ftp://127.0.0.1/', `${HOST}/healthz redirects to ftp:, which is not HTTP.`],
  ])('to %s fails', async (location, message) => {
    expect(await look({ [HOST]: redirect(location) })).toMatchObject(failed(message));
  });

  it('in a circle fails after ten requests', async () => {
    const asked: FetchRequest[] = [];
    const answers = {
      [HOST]: (request: FetchRequest): FetchResult => {
        asked.push(request);
        return redirect(`/${asked.length}`);
      },
    };
    expect(await look(answers)).toMatchObject(
      failed(`${HOST}/healthz redirects again and again: 10 times, last to ${HOST}/10.`),
    );
    expect(asked).toHaveLength(10);
  });

  it('leaves what follows only the time that is left', async () => {
    const { run, asked } = setUp({ [HOST]: redirect('/next'), [`${HOST}/next`]: fetchFailure('timeout', 'no answer') });
    await run();
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([1000, 900]);
  });
});

describe('the request', () => {
  it('says who asks, and reads no more than it needs', async () => {
    const { run, asked } = setUp({});
    await run();
    expect(asked).toEqual([
      {
        url: `${HOST}/healthz`,
        headers: { 'user-agent': 'meerkat', accept: '*/*' },
        timeoutMs: 1000,
        maxBodyBytes: 10_240,
      },
    ]);
  });

  it('has the operator’s headers, which replace others however they are spelt', async () => {
    const headers = { Host: 'shop.example', 'USER-AGENT': 'kube-probe/1.34', Authorization: 'Bearer x' };
    const { run, asked } = setUp({}, { headers });
    await run();
    expect(asked[0]?.headers).toEqual({
      accept: '*/*',
      host: 'shop.example',
      'user-agent': 'kube-probe/1.34',
      authorization: 'Bearer x',
    });
  });
});
