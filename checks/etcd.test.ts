import { describe, expect, it } from 'vitest';
import { etcd } from './etcd.ts';
import {
  clientPort,
  clientReads,
  failedReads,
  healthAnswer,
  leaderless,
  metricsAnswer,
  rangeAnswer,
  silence,
} from './lib/etcd/testing.ts';
import { createEtcdState } from './lib/etcd/observe.ts';
import type { EtcdConfig } from './lib/etcd/target.ts';
import {
  type FakeFile,
  fakeFetch,
  fakeHostFiles,
  fetchFailure,
  fetchResponse,
  testClock,
  testContext,
} from './lib/testing.ts';
import type { FetchRequest, FetchResult } from './types.ts';

const CLIENT = 'http://127.0.0.1:2379';
const SECURE = 'https://127.0.0.1:2379';
const SIDE = 'http://127.0.0.1:2381';
const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const version = fetchResponse(200, '{"etcdserver":"3.4.23"}');
type Answers = Parameters<typeof fakeFetch>[0];

const sidePort = (health: FetchResult, metrics: FetchResult = metricsAnswer()): Answers => ({
  [`${SIDE}/`]: fetchResponse(404),
  [`${SIDE}/health`]: health,
  [`${SIDE}/metrics`]: metrics,
});

/** One agent's check; `answers` may be changed between runs, `asked` has the requests of the last run. */
function watch(answers: Answers, files: Record<string, FakeFile> = {}, config: Partial<EtcdConfig> = {}) {
  const asked: FetchRequest[] = [];
  const fetch = fakeFetch(answers);
  const clock = testClock();
  const context = testContext(etcd, {
    config,
    clock,
    host: fakeHostFiles(files),
    fetch: (request) => {
      asked.push(request);
      return fetch(request);
    },
  });
  const run = async (afterMs = 3000) => {
    asked.length = 0;
    clock.advance(afterMs);
    return await etcd.run(context);
  };
  const paths = (): string[] => asked.map(({ url }) => url.replace(/^https?:\/\/127\.0\.0\.1:/, '')).sort();
  return { run, asked, paths, context };
}

describe('what is asked', () => {
  it('is three reads at the client port, the metrics every 10 s, and the members every 30 s', async () => {
    const { run, paths } = watch({ ...clientPort(clientReads()), ...sidePort(healthAnswer(true)) });
    const reads = ['2379/v3/kv/range', '2379/v3/kv/range', '2379/v3/maintenance/status'];
    await run();
    const list = '2379/v3/cluster/member/list';
    expect(paths()).toEqual(['2379/version', '2379/version', list, '2381/metrics', ...reads].sort());

    for (const elapsed of [3000, 3000, 3000]) {
      await run(elapsed);
      expect(paths()).toEqual(reads);
    }
    await run();
    expect(paths()).toEqual([...reads, '2381/metrics'].sort());
    await run(18_000);
    expect(paths()).toEqual([...reads, list, '2381/metrics'].sort());
  });

  it('is a read of the member’s own data and one through the majority', async () => {
    const { run, asked } = watch(clientPort(clientReads()));
    await run();

    const ranges = asked.filter(({ url }) => url.endsWith('/range'));
    expect(ranges.map(({ method, body }) => [method, JSON.parse(String(body))])).toEqual([
      ['POST', { key: 'bWVlcmthdA==', serializable: true }],
      ['POST', { key: 'bWVlcmthdA==' }],
    ]);
  });

  it('is little where nobody listens, and no file but every minute', async () => {
    const files: Record<string, FakeFile> = {};
    const { run, paths } = watch({}, files);

    expect(await run()).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:2379 and 127.0.0.1:2381' });
    expect(paths()).toEqual(['2379/version', '2379/version', '2381/livez']);
    files[MANIFEST] = '- --listen-client-urls=http://127.0.0.1:4001';
    expect(await run()).toMatchObject({ status: 'absent' });
    expect(await run(60_000)).toEqual({ status: 'absent', why: 'nobody listens on 127.0.0.1:4001' });
  });

  it('shows the certificate at the client port only', async () => {
    const files = {
      [MANIFEST]: `- --listen-client-urls=${SECURE}\n- --listen-metrics-urls=${SIDE}`,
      '/etc/kubernetes/pki/etcd/healthcheck-client.crt': 'CERT',
      '/etc/kubernetes/pki/etcd/healthcheck-client.key': 'KEY',
    };
    const { run, asked } = watch(
      { ...clientPort(clientReads({ url: SECURE })), ...sidePort(healthAnswer(true)) },
      files,
    );

    expect(await run()).toMatchObject({ status: 'ok' });
    const withCertificate = asked.filter(({ tls }) => tls?.cert === 'CERT').map(({ url }) => new URL(url).port);
    expect(new Set(withCertificate)).toEqual(new Set(['2379']));
    expect(asked.filter(({ url }) => url.startsWith(SIDE)).every(({ tls }) => tls === undefined)).toBe(true);
  });

  it('leaves a port that refuses us alone for a while, and goes on at the other', async () => {
    const tls = fetchFailure('tls', 'certificate required');
    const files: Record<string, FakeFile> = {
      [MANIFEST]: `- --listen-client-urls=${SECURE}\n- --listen-metrics-urls=${SIDE}`,
    };
    const answers: Answers = { [SECURE]: tls, ...sidePort(healthAnswer(true)) };
    const { run, paths, asked } = watch(answers, files);

    expect(await run()).toMatchObject({ status: 'ok' });
    expect(await run()).toMatchObject({ status: 'ok' });
    expect(paths()).toEqual(['2381/health', '2381/livez']);

    files['/etc/kubernetes/pki/etcd/healthcheck-client.crt'] = 'CERT';
    files['/etc/kubernetes/pki/etcd/healthcheck-client.key'] = 'KEY';
    Object.assign(answers, clientPort(clientReads({ url: SECURE })));
    await run(15_000);
    expect(asked.find(({ url }) => url.endsWith('/status'))?.tls).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  it('asks the client port itself for its health where reads are not served there', async () => {
    const { run } = watch(
      {
        [CLIENT]: fetchResponse(404, '404 page not found'),
        [`${CLIENT}/version`]: version,
        [`${CLIENT}/health`]: healthAnswer(true),
        [`${CLIENT}/metrics`]: metricsAnswer(),
      },
      {},
      { endpoint: CLIENT },
    );

    expect(await run()).toMatchObject({
      status: 'ok',
      readings: expect.arrayContaining([{ name: 'leader_count', value: 1 }]) as unknown,
    });
  });
});

describe('what is said', () => {
  it('is ok with the figures', async () => {
    const answers: Answers = { ...clientPort(clientReads()), ...sidePort(healthAnswer(true)) };
    const { run } = watch(answers);
    await run();
    Object.assign(answers, sidePort(healthAnswer(true), metricsAnswer({}, { fast: 500 })));
    const outcome = await run(30_000);

    expect(outcome.status).toBe('ok');
    const names = 'readings' in outcome ? (outcome.readings ?? []).map(({ name }) => name) : [];
    expect(names.sort()).toEqual(Object.keys(etcd.readings).sort());
  });

  it('is EtcdNoLeader while only the member’s own data can be read', async () => {
    const reads = clientReads({ status: leaderless(), linearizable: silence() });

    expect(await watch(clientPort(reads)).run()).toMatchObject({ problems: [{ reason: 'EtcdNoLeader' }] });
  });

  it('reads the reason from the metrics before 3.5, where only the health port may be asked', async () => {
    const answers = sidePort(healthAnswer(true));
    const { run, paths } = watch(answers, {}, { endpoint: 'http://127.0.0.1:9', metricsEndpoint: SIDE });
    expect(await run()).toMatchObject({ status: 'ok' });

    Object.assign(answers, sidePort(healthAnswer(false), metricsAnswer({ etcd_server_has_leader: 0 })));
    await run();
    expect(await run()).toMatchObject({ problems: [{ reason: 'EtcdNoLeader' }] });
    expect(paths()).toContain('2381/metrics');
  });

  it('remembers the quota when the metrics fail', async () => {
    const answers: Answers = {
      ...clientPort(clientReads()),
      ...sidePort(healthAnswer(true), metricsAnswer({ etcd_server_quota_backend_bytes: 21_000 })),
    };
    const { run } = watch(answers);
    await run();

    answers[`${SIDE}/metrics`] = silence();
    expect(await run(11_000)).toMatchObject({ problems: [{ reason: 'EtcdNearQuota' }] });
  });

  it('is unknown for a silent stranger, EtcdHung where etcd belongs or was seen', async () => {
    const dead = failedReads(silence());
    const silent = { [CLIENT]: silence(), [SECURE]: silence(), [SIDE]: silence() };
    expect(await watch(silent).run()).toMatchObject({ status: 'unknown' });
    expect(await watch(silent, { [MANIFEST]: `- --listen-client-urls=${CLIENT}` }).run()).toMatchObject({
      problems: [{ reason: 'EtcdHung' }],
    });
    expect(await watch(silent, {}, { endpoint: CLIENT }).run()).toMatchObject({ problems: [{ reason: 'EtcdHung' }] });
    expect(await watch(silent, { [MANIFEST]: { error: 'EACCES' } }).run()).toMatchObject({ status: 'unknown' });

    const answers: Answers = clientPort(clientReads());
    const { run } = watch(answers);
    await run();
    Object.assign(answers, clientPort(dead));
    expect(await run()).toMatchObject({ problems: [{ reason: 'EtcdHung' }] });
  });

  it('does not wait for files on a disk that hangs', async () => {
    const { context, run } = watch({ ...clientPort(clientReads()), ...sidePort(healthAnswer(true)) });
    await run();
    context.state.target.forget();
    const hanging = { ...context.host, readText: () => new Promise<never>(() => {}) };

    expect(await etcd.run({ ...context, host: hanging })).toMatchObject({ status: 'ok' });
    expect(await etcd.run({ ...context, host: hanging, state: createEtcdState() })).toMatchObject({
      status: 'ok',
    });
  });

  it('finds another etcd after the first is gone', async () => {
    const answers: Answers = clientPort(clientReads());
    const { run } = watch(answers);
    await run();
    for (const url of Object.keys(answers)) delete answers[url];
    expect(await run()).toMatchObject({ status: 'absent' });

    Object.assign(
      answers,
      { [CLIENT]: fetchFailure('reset') },
      clientPort(clientReads({ url: SECURE, serializable: rangeAnswer(7) })),
    );

    expect(await run()).toMatchObject({ status: 'ok' });
  });
});

describe('what says that it belongs here', () => {
  const traces = (files: Record<string, FakeFile>, config = {}) => {
    const { context } = watch({}, files, config);
    return etcd.presence?.traces(context);
  };

  it.each<[Record<string, FakeFile>, object, string | undefined]>([
    [{}, {}, undefined],
    [{ [MANIFEST]: '' }, {}, `static manifest ${MANIFEST}`],
    [{ '/var/lib/rancher/k3s/server/db/etcd/config': '' }, {}, 'file /var/lib/rancher/k3s/server/db/etcd/config'],
    [
      { '/run/systemd/system/': '', '/etc/systemd/system/multi-user.target.wants/etcd.service': '' },
      {},
      'enabled unit etcd.service',
    ],
    [{}, { endpoint: CLIENT }, `configured endpoint ${CLIENT}`],
    [{}, { metricsEndpoint: SIDE }, `configured endpoint ${SIDE}`],
  ])('%j %j', async (files, config, expected) => {
    expect(await traces(files, config)).toBe(expected);
  });

  it('cannot be told where it may not look', async () => {
    await expect(traces({ [MANIFEST]: { error: 'EACCES' } })).rejects.toThrow('EACCES');
  });
});
