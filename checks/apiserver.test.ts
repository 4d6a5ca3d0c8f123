import { describe, expect, it } from 'vitest';
import { apiserver } from './apiserver.ts';
import { type FakeFile, fakeFetch, fakeHostFiles, fetchFailure, fetchResponse, testContext } from './lib/testing.ts';
import type { FetchResult } from './types.ts';

const URL = 'https://127.0.0.1:6443';
const READYZ = `${URL}/readyz`;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const HERE = { [MANIFEST]: 'spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --secure-port=6443\n' };
const NO_ETCD = '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n';
const listening = (address: string): Record<string, FakeFile> => ({
  '/proc/net/tcp': `  0: ${address}:192B 00000000:0000 0A 0 0\n`,
});
/** As an API server does. */
const OPEN = listening('00000000');
const HTML = '<!doctype html><title>Welcome</title>';

const look = (answers: Record<string, FetchResult>, files: Record<string, FakeFile> = {}, endpoint = '') =>
  apiserver.run(
    testContext(apiserver, {
      fetch: fakeFetch(answers),
      host: fakeHostFiles({ ...OPEN, ...files }),
      config: { endpoint },
    }),
  );
const problem = (reason: string, message: unknown = expect.any(String)) => ({
  status: 'problem',
  problems: [{ reason, message }],
});

describe('apiserver', () => {
  it.each([
    ['ok', 'ok'],
    ['ok with its sub-checks, as an older one tells', '[+]ping ok\n[+]etcd ok\nreadyz check passed\n'],
  ])('is ok when it says so: %s', async (_, body) => {
    expect(await look({ [READYZ]: fetchResponse(200, body, 7) })).toEqual({
      status: 'ok',
      readings: [{ name: 'latency_seconds', value: 0.007 }],
    });
  });

  it.each([401, 403])('is alive when it answers %i', async (status) => {
    expect(await look({ [URL]: fetchResponse(status, '{"kind":"Status"}') })).toMatchObject({ status: 'ok' });
  });

  describe('that tells nobody how it is', () => {
    const UNAUTHORIZED = fetchResponse(401, '{"kind":"Status"}');
    /** @param as what it answers the service account */
    const setUp = (as: { answer: FetchResult }) => {
      const asked: string[] = [];
      const context = testContext(apiserver, {
        host: fakeHostFiles(OPEN),
        fetch: async ({ url, asServiceAccount = false }) => {
          asked.push(`${asServiceAccount ? 'pod' : 'nobody'} ${url.slice(URL.length)}`);
          return asServiceAccount && url === READYZ ? as.answer : UNAUTHORIZED;
        },
      });
      return { asked, run: () => apiserver.run(context) };
    };

    it('is asked as the service account, from then on at once', async () => {
      const as = { answer: fetchResponse(200, 'ok', 4) };
      const { run, asked } = setUp(as);
      const well = { status: 'ok', readings: [{ name: 'latency_seconds', value: 0.004 }] };
      expect(await run()).toEqual(well);
      expect(asked).toEqual(['nobody /readyz', 'nobody /healthz', 'pod /readyz']);
      as.answer = fetchResponse(500, NO_ETCD);
      expect(await run()).toEqual(problem('ApiserverNotReady', expect.stringContaining('[-]etcd failed')));
      expect(asked.slice(3)).toEqual(['pod /readyz']);
    });

    it.each([
      ['has none', fetchFailure('other', 'there is no service account to ask as')],
      ['has one that is not believed', UNAUTHORIZED],
      ['may not show it to whoever has another certificate', fetchFailure('tls', 'self-signed certificate')],
    ])('lives, where the agent %s', async (_, answer) => {
      const { run } = setUp({ answer });
      for (let round = 0; round < 2; round += 1) expect(await run()).toEqual({ status: 'ok', readings: [] });
    });

    it('is asked as nobody again once the token is not believed any more', async () => {
      const as = { answer: fetchResponse(200, 'ok') };
      const { run, asked } = setUp(as);
      await run();
      as.answer = UNAUTHORIZED;
      asked.length = 0;
      expect(await run()).toEqual({ status: 'ok', readings: [] });
      expect(asked).toEqual(['pod /readyz', 'pod /healthz', 'nobody /readyz', 'nobody /healthz']);
    });
  });

  it('is asked the older way when it knows no other', async () => {
    const answers = {
      [READYZ]: fetchResponse(404, '404 page not found'),
      [`${URL}/healthz`]: fetchResponse(200, 'ok'),
    };

    expect(await look(answers)).toMatchObject({ status: 'ok' });
  });

  it('is absent when nobody listens: whether that is ApiserverDown, the traces decide', async () => {
    expect(await look({})).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:6443' });
  });

  it('is ApiserverNotReady with the sub-checks that failed', async () => {
    expect(await look({ [READYZ]: fetchResponse(500, NO_ETCD) })).toEqual(
      problem('ApiserverNotReady', `${READYZ} answers 500: [-]etcd failed: reason withheld.`),
    );
  });

  it('is ApiserverHung when it is silent where it belongs', async () => {
    const silent = { [URL]: fetchFailure('timeout', 'no full answer from 127.0.0.1:6443 within 850 ms') };

    expect(await look(silent, HERE)).toEqual(
      problem(
        'ApiserverHung',
        'kube-apiserver accepts connections and does not answer: no full answer from 127.0.0.1:6443 within 850 ms.',
      ),
    );
  });

  it.each([
    ['it ends every connection', fetchFailure('reset', 'socket hang up')],
    ['it answers with a page', fetchResponse(200, HTML)],
    ['it answers with a page of an error', fetchResponse(502, HTML)],
    ['it answers with an endless text', fetchResponse(200, 'x'.repeat(16_384))],
    ['it answers with nothing', fetchResponse(200, '')],
  ])('is ApiserverUnhealthy where it belongs and %s', async (_, answer) => {
    expect(await look({ [URL]: answer }, HERE)).toEqual(problem('ApiserverUnhealthy'));
  });

  it.each([
    ['a page', fetchResponse(200, HTML), 'absent'],
    ['no page', fetchResponse(404, 'not found'), 'absent'],
    ['nothing', fetchFailure('timeout'), 'unknown'],
    ['an end of the connection', fetchFailure('reset'), 'unknown'],
  ])(
    'is no problem of a node where nothing says that one belongs: something answers with %s',
    async (_, answer, status) => {
      expect(await look({ [URL]: answer })).toMatchObject({ status });
    },
  );

  it('belongs here once it has answered', async () => {
    const answers: Record<string, FetchResult> = { [READYZ]: fetchResponse(200, 'ok') };
    const context = testContext(apiserver, { fetch: fakeFetch(answers), host: fakeHostFiles(OPEN) });
    await apiserver.run(context);
    answers[URL] = fetchFailure('timeout');
    delete answers[READYZ];

    expect(await apiserver.run(context)).toEqual(problem('ApiserverHung'));
  });

  it.each(['unreachable', 'tls', 'aborted', 'other'] as const)(
    'is unknown after a failure of kind %s',
    async (kind) => {
      expect(await look({ [URL]: fetchFailure(kind) }, HERE)).toMatchObject({ status: 'unknown' });
    },
  );

  it.each([
    ['- --secure-port=7443', 'https://127.0.0.1:7443'],
    ['- --bind-address=0.0.0.0\n- --secure-port=7443', 'https://127.0.0.1:7443'],
    ['- --bind-address=::', URL],
    ['- --secure-port\n    - "7443"', 'https://127.0.0.1:7443'],
    ['- --bind-address=10.0.0.5', 'https://10.0.0.5:6443'],
    ['- --bind-address=fd00::5', 'https://[fd00::5]:6443'],
    ['- --bind-address=$(no-address)', URL],
    ['garbage \u0000', URL],
  ])('is asked where its manifest says: %j', async (text, url) => {
    expect(await look({ [`${url}/readyz`]: fetchResponse(200, 'ok') }, { [MANIFEST]: text })).toMatchObject({
      status: 'ok',
    });
  });

  it('is asked where the configuration says', async () => {
    const answers = { 'https://10.0.0.9:8443/readyz': fetchResponse(200, 'ok') };

    expect(await look(answers, HERE, 'https://10.0.0.9:8443/')).toMatchObject({ status: 'ok' });
  });

  it('is absent where a proxy on loopback passes on what others answer', async () => {
    const answers = { [READYZ]: fetchResponse(200, 'ok') };

    expect(await look(answers, listening('0100007F'))).toEqual({
      status: 'absent',
      why: 'what answers on 127.0.0.1:6443 listens there alone, as a proxy to kube-apiserver elsewhere',
    });
    expect(await look(answers, listening('00000000'))).toMatchObject({ status: 'ok' });
    expect(await look(answers, { ...HERE, ...listening('0100007F') })).toMatchObject({ status: 'ok' });
    // Nor when those others are dead.
    for (const dead of [fetchFailure('reset'), fetchFailure('timeout')])
      expect(await look({ [URL]: dead }, listening('0100007F'))).toMatchObject({ status: 'absent' });
    expect(await look(answers, { '/proc/net/tcp': { error: 'EACCES' } })).toMatchObject({ status: 'unknown' });
  });

  it('is asked at its new place when its manifest was changed, before anything is said', async () => {
    const files: Record<string, FakeFile> = { ...HERE };
    const answers: Record<string, FetchResult> = { [READYZ]: fetchResponse(200, 'ok') };
    const context = testContext(apiserver, { fetch: fakeFetch(answers), host: fakeHostFiles(files) });
    await apiserver.run(context);
    files[MANIFEST] = '- --secure-port=7443';
    delete answers[READYZ];
    answers['https://127.0.0.1:7443/readyz'] = fetchResponse(200, 'ok');

    expect(await apiserver.run(context)).toMatchObject({ status: 'absent' });
    expect(await apiserver.run(context)).toMatchObject({ status: 'ok' });
  });

  it.each(['- --bind-address=$(HOST_IP)', '- --secure-port=$(PORT)'])(
    'is not called down where its manifest does not tell where it is: %s',
    async (text) => {
      expect(await look({}, { [MANIFEST]: text })).toMatchObject({ status: 'unknown' });
    },
  );

  it('is alive when the older way is not answered any more', async () => {
    const answers = { [READYZ]: fetchResponse(401), [`${URL}/healthz`]: fetchFailure('timeout') };
    expect(await look(answers, HERE)).toEqual({ status: 'ok', readings: [] });
  });

  it('lives while it has too much to do', async () => {
    expect(await look({ [URL]: fetchResponse(429, 'Too many requests') }, HERE)).toMatchObject({ status: 'ok' });
  });

  it('is unknown when it serves nothing, and asked at the usual place when its manifest cannot be read', async () => {
    expect(await look({}, { [MANIFEST]: '- --secure-port=0' })).toMatchObject({ status: 'unknown' });
    expect(await look({ [READYZ]: fetchResponse(200, 'ok') }, { [MANIFEST]: { error: 'EACCES' } })).toMatchObject({
      status: 'ok',
    });
  });

  it('belongs here by its static manifest or its unit', async () => {
    const traces = (files: Record<string, FakeFile>) =>
      apiserver.presence?.traces({ config: { endpoint: '' }, host: fakeHostFiles(files) });

    expect(await traces(HERE)).toBe(`static manifest ${MANIFEST}`);
    const unit = '/etc/systemd/system/multi-user.target.wants/kube-apiserver.service';
    const file = '/etc/systemd/system/kube-apiserver.service';
    expect(await traces({ '/run/systemd/system/': '', [unit]: '[Unit]', [file]: '[Unit]' })).toBe(
      'enabled unit kube-apiserver.service',
    );
    expect(await traces({})).toBeUndefined();
  });
});

describe('a silent apiserver', () => {
  it.each([
    ['is ApiserverNotReady when it answers what needs no etcd', fetchResponse(200, '{}'), 'ApiserverNotReady'],
    ['is ApiserverHung when it answers nothing', fetchFailure('timeout'), 'ApiserverHung'],
  ])('%s', async (_, version, reason) => {
    const asked: string[] = [];
    const { promise: secondLook, resolve: lookAgain } = Promise.withResolvers<void>();
    const fetch = async ({ url }: { readonly url: string }): Promise<FetchResult> => {
      asked.push(url);
      if (url !== READYZ) {
        lookAgain();
        return version;
      }
      await secondLook;
      return fetchFailure('timeout', 'no full answer from 127.0.0.1:6443 within 850 ms');
    };

    expect(await apiserver.run(testContext(apiserver, { fetch, host: fakeHostFiles(HERE) }))).toEqual(problem(reason));
    expect(asked).toEqual([READYZ, `${URL}/version`]);
  });

  it('is not asked for more when it answers', async () => {
    const asked: string[] = [];
    const fetch = async ({ url }: { readonly url: string }): Promise<FetchResult> => {
      asked.push(url);
      return fetchResponse(200, 'ok');
    };
    await apiserver.run(testContext(apiserver, { fetch, host: fakeHostFiles(OPEN) }));
    expect(asked).toEqual([READYZ]);
  });
});
