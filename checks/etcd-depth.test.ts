/** What the check of etcd finds where the member lives: slow writes, leaders that change, members that do not fit. */
import { describe, expect, it } from 'vitest';
import { etcd } from './etcd.ts';
import type { ClientReads } from './lib/etcd/access.ts';
import { MEMBER_ID, clientPort, clientReads, metricsAnswer, rangeAnswer, silence } from './lib/etcd/testing.ts';
import { FIRST_AUTHORITY, OF_FIRST, SECOND_AUTHORITY } from './lib/etcd/testing-certificates.ts';
import {
  type FakeFile,
  fakeFetch,
  fakeHostFiles,
  fetchFailure,
  fetchResponse,
  testClock,
  testContext,
} from './lib/testing.ts';
import type { FetchRequest, FetchResult, Outcome } from './types.ts';

const CLIENT = 'http://127.0.0.1:2379';
const SECURE = 'https://127.0.0.1:2379';
const OTHER_ID = '5';
const OTHER = 'http://10.0.0.2:2379';
const OTHER_PEER = 'http://10.0.0.2:2380';
const OWN = 'http://10.0.0.1:2379';
const OWN_PEER = 'http://10.0.0.1:2380';
const CLUSTER_ID = '11894470811451714410';
type Answers = Parameters<typeof fakeFetch>[0];

const json = (value: unknown): FetchResult => fetchResponse(200, JSON.stringify(value));
const version = json({ etcdserver: '3.5.16' });
const list = (
  members: unknown = [{ ID: MEMBER_ID, name: 'm1', clientURLs: [OWN], peerURLs: [OWN_PEER] }, OTHER_MEMBER],
) => json({ header: { cluster_id: CLUSTER_ID, member_id: MEMBER_ID }, members });
const OTHER_MEMBER = { ID: OTHER_ID, name: 'm2', clientURLs: [OTHER], peerURLs: [OTHER_PEER] };
const statusOf = (clusterId: string, memberId = OTHER_ID): FetchResult =>
  json({ header: { cluster_id: clusterId, member_id: memberId } });

/** A member of two that fit; `more` replaces answers. */
const answersOf = (more: Answers = {}, reads: ClientReads = clientReads()): Answers => ({
  ...clientPort(reads),
  [`${CLIENT}/metrics`]: metricsAnswer(),
  [`${CLIENT}/v3/cluster/member/list`]: list(),
  [`${OTHER}/v3/maintenance/status`]: statusOf(CLUSTER_ID),
  [`${OTHER_PEER}/version`]: version,
  [`${OWN}/version`]: version,
  [`${OWN_PEER}/version`]: version,
  ...more,
});

function watch(answers: Answers, files: Record<string, FakeFile> = {}, endpoint = CLIENT) {
  const asked: FetchRequest[] = [];
  const [fetch, clock] = [fakeFetch(answers), testClock()];
  const context = testContext(etcd, {
    config: { endpoint },
    clock,
    host: fakeHostFiles(files),
    fetch: (request) => {
      asked.push(request);
      return fetch(request);
    },
  });
  const run = async (afterMs = 3000): Promise<Outcome> => {
    asked.length = 0;
    clock.advance(afterMs);
    return await etcd.run(context);
  };
  return { run, asked, clock };
}

const messages = (outcome: Outcome): readonly string[] =>
  outcome.status === 'problem' ? outcome.problems.map(({ reason, message }) => `${reason}: ${message}`) : [];

describe('writes', () => {
  /** What is said after each of these metrics, 10 s apart. */
  const say = async (...metrics: readonly FetchResult[]): Promise<readonly (readonly string[])[]> => {
    const answers = answersOf();
    const { run } = watch(answers);
    const said: (readonly string[])[] = [];
    for (const one of metrics) {
      answers[`${CLIENT}/metrics`] = one;
      said.push(messages(await run(10_000)));
    }
    return said;
  };
  const writes = (fast: number, slow: number): FetchResult => metricsAnswer({}, { fast, slow });

  it('are slow when the 99th percentile of 30 s is, and fine again 30 s after the last', async () => {
    const said = await say(
      writes(100, 0),
      writes(200, 0),
      writes(210, 5),
      writes(220, 10),
      writes(320, 10),
      writes(420, 10),
      writes(520, 10),
      writes(620, 10),
    );
    const slow =
      'EtcdSlow: etcd on 127.0.0.1:2379 takes 1.9 s for a sync of its log (p99 of 130 in 30 s) and 1.9 s for a commit of its database (p99 of 130 in 30 s).';
    expect(said[3]).toEqual([slow]);
    expect(said.map((one) => one.length)).toEqual([0, 0, 0, 1, 1, 1, 0, 0]);
  });

  it('are not slow for one or two that were, nor for those from before the agent came', async () => {
    expect((await say(writes(10, 50), writes(20, 51), writes(30, 51), writes(40, 52))).flat()).toEqual([]);
  });

  it('are measured anew when the member was', async () => {
    const said = await say(writes(900, 90), writes(1, 0), writes(2, 0), writes(3, 0), writes(4, 0));
    expect(said.flat()).toEqual([]);
  });

  it('are told while the member answers late', async () => {
    const late = clientReads({ serializable: rangeAnswer(700), linearizable: silence() });
    const answers = answersOf({}, late);
    const { run } = watch(answers);
    for (const slow of [0, 5, 10]) {
      answers[`${CLIENT}/metrics`] = writes(slow, slow);
      await run(10_000);
    }
    answers[`${CLIENT}/metrics`] = writes(20, 20);
    expect(messages(await run(10_000)).map((text) => text.split(':')[0])).toEqual(['EtcdNoLeader', 'EtcdSlow']);
  });

  it.each([
    ['HTML', fetchResponse(200, '<html>')],
    ['an error', fetchResponse(500)],
    ['no histogram', fetchResponse(200, 'etcd_server_has_leader 1\n')],
    ['one that is cut', fetchResponse(200, 'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 7')],
    ['silence', silence()],
  ])('are not judged by %s', async (_what, metrics) => {
    expect((await say(writes(1, 9), metrics, metrics, metrics, metrics)).flat()).toEqual([]);
  });
});

describe('leaders', () => {
  it('that change six times in five minutes are told, as long as that is so', async () => {
    const answers = answersOf();
    const { run } = watch(answers);
    const said: string[] = [];
    for (let at = 0; at < 60; at += 1) {
      answers[`${CLIENT}/metrics`] = metricsAnswer({ etcd_server_leader_changes_seen_total: Math.min(7, 1 + at) });
      said.push(...messages(await run(10_000)));
    }
    expect(new Set(said)).toEqual(
      new Set(['EtcdLeaderFlapping: etcd on 127.0.0.1:2379 has seen 6 changes of the leader in 5 min.']),
    );
    expect(said.length).toBeGreaterThanOrEqual(24);
    expect(said.length).toBeLessThanOrEqual(31);
  });

  it('may change five times, and are counted anew by a member that was started anew', async () => {
    const answers = answersOf();
    const { run } = watch(answers);
    for (const changes of [1, 3, 6, 1, 3, 6]) {
      answers[`${CLIENT}/metrics`] = metricsAnswer({ etcd_server_leader_changes_seen_total: changes });
      expect(messages(await run(10_000))).toEqual([]);
    }
  });
});

describe('members', () => {
  const firstOf = async (more: Answers): Promise<readonly string[]> => messages(await watch(answersOf(more)).run());

  it('that fit are fine, and asked every 30 s', async () => {
    const { run, asked } = watch(answersOf());
    const looks: boolean[] = [];
    for (let count = 0; count < 11; count += 1) {
      expect(await run()).toMatchObject({ status: 'ok' });
      looks.push(asked.some(({ url }) => url.startsWith(OTHER)));
    }
    expect(looks.flatMap((is, index) => (is ? [index] : []))).toEqual([0, 10]);
  });

  it('of another cluster are named, and looked at in every run until they fit', async () => {
    const answers = answersOf({ [`${OTHER}/v3/maintenance/status`]: statusOf('255') });
    const { run } = watch(answers);
    const said = [
      'EtcdMisconfigured: http://10.0.0.2:2379, where etcd on 127.0.0.1:2379 has its member m2, belongs to another cluster of etcd: ff instead of a5116c71e9a6b7aa.',
    ];
    const [text = ''] = messages(await run());
    expect(text.replace(/instead of \w+/, '')).toBe(said[0]?.replace(/instead of \w+/, ''));
    expect(messages(await run(500))).toHaveLength(1);
    answers[`${CLIENT}/v3/cluster/member/list`] = silence();
    expect(messages(await run())).toHaveLength(1);
    answers[`${CLIENT}/v3/cluster/member/list`] = list();
    answers[`${OTHER}/v3/maintenance/status`] = statusOf(CLUSTER_ID);
    expect(messages(await run())).toEqual([]);
    answers[`${OTHER}/v3/maintenance/status`] = statusOf('255');
    expect(messages(await run(500))).toHaveLength(1);
  });

  it('that did not fit once are not told again by a run that had no time, or no list, to look anew', async () => {
    const answers = answersOf({ [`${OTHER_PEER}/version`]: fetchFailure('refused') });
    const { run, clock } = watch(answers);
    expect(messages(await run())).toHaveLength(1);
    answers[`${OTHER_PEER}/version`] = version;
    const range = answers[`${CLIENT}/v3/kv/range`];
    answers[`${CLIENT}/v3/kv/range`] = (request) => {
      clock.advance(200);
      return typeof range === 'function' ? range(request) : rangeAnswer();
    };
    expect(messages(await run(500))).toEqual([]);
    answers[`${CLIENT}/v3/kv/range`] = range ?? rangeAnswer();
    answers[`${CLIENT}/v3/cluster/member/list`] = silence();
    expect(messages(await run(500))).toEqual([]);
  });

  const atPeer =
    'EtcdMisconfigured: etcd on 127.0.0.1:2379 has a member m2 that lives and does not answer its peers at ';

  it('that live and whose address for peers refuses are named', async () => {
    const refused = fetchFailure('refused', '10.0.0.2:2380: connection refused');
    const [text = ''] = await firstOf({ [`${OTHER_PEER}/version`]: refused });
    expect(text).toContain(`${atPeer}http://10.0.0.2:2380: `);
  });

  it.each([
    ['is silent', fetchFailure('timeout', 'no answer within 600 ms', 600)],
    ['is not there', fetchFailure('unreachable', 'no connection within 600 ms', 600)],
  ])('that live and whose address for peers %s are named after 30 s of that', async (_what, result) => {
    const answers = answersOf({ [`${OTHER_PEER}/version`]: result });
    const { run } = watch(answers);
    for (let count = 0; count < 10; count += 1) expect(messages(await run())).toEqual([]);
    expect(messages(await run())[0]).toContain(atPeer);
    // Once answered, and again: it begins anew.
    answers[`${OTHER_PEER}/version`] = version;
    expect(messages(await run())).toEqual([]);
    answers[`${OTHER_PEER}/version`] = result;
    expect(messages(await run())).toEqual([]);
  });

  it('that refuse clients and peers are gone after 90 s of that', async () => {
    const gone = {
      [`${OTHER}/v3/maintenance/status`]: fetchFailure('refused'),
      [`${OTHER_PEER}/version`]: fetchFailure('refused'),
    };
    const answers = answersOf(gone);
    const { run } = watch(answers);
    for (let count = 0; count < 30; count += 1) expect(messages(await run())).toEqual([]);
    expect(messages(await run())).toEqual([
      'EtcdMemberGone: etcd on 127.0.0.1:2379 has a member m2 at http://10.0.0.2:2379, where nobody listens, neither for clients nor for peers.',
    ]);
    Object.assign(answers, answersOf());
    expect(messages(await run())).toEqual([]);
    Object.assign(answers, gone);
    expect(messages(await run())).toEqual([]);
  });

  it('that want another certificate for their port of peers are asked for ten minutes no more', async () => {
    const { run, asked } = watch(answersOf({ [`${OTHER_PEER}/version`]: fetchFailure('tls') }));
    const visits: boolean[] = [];
    for (let count = 0; count < 25; count += 1) {
      await run(30_000);
      visits.push(asked.some(({ url }) => url.startsWith(OTHER_PEER)));
    }
    expect(visits.filter(Boolean)).toHaveLength(2);
  });

  it.each([
    ['refuses clients alone, as a firewall does', { [`${OTHER}/v3/maintenance/status`]: fetchFailure('refused') }],
    [
      'is on a host that is silent',
      {
        [`${OTHER}/v3/maintenance/status`]: fetchFailure('timeout', 'no answer within 600 ms', 600),
        [`${OTHER_PEER}/version`]: fetchFailure('timeout', 'no answer within 600 ms', 600),
      },
    ],
    [
      'has an address that leads to another',
      {
        [`${OTHER}/v3/maintenance/status`]: statusOf(CLUSTER_ID, MEMBER_ID),
        [`${OTHER_PEER}/version`]: fetchFailure('refused'),
      },
    ],
    [
      'says that it is on loopback',
      {
        [`${CLIENT}/v3/cluster/member/list`]: list([{ ...OTHER_MEMBER, clientURLs: ['http://localhost:2379'] }]),
        [`${OTHER_PEER}/version`]: fetchFailure('refused'),
      },
    ],
    [
      'has a name that is not found',
      {
        [`${CLIENT}/v3/cluster/member/list`]: list([{ ...OTHER_MEMBER, peerURLs: ['http://m2:2380'] }]),
        'http://m2:2380/version': fetchFailure('unreachable', 'ENOTFOUND', 600),
      },
    ],
    ['had no time to answer', { [`${OTHER_PEER}/version`]: fetchFailure('timeout', 'no answer within 60 ms', 60) }],
    ['answers HTML', { [`${OTHER}/v3/maintenance/status`]: fetchResponse(200, '<html>') }],
    ['has not started yet', { [`${CLIENT}/v3/cluster/member/list`]: list([{ ID: OTHER_ID }]) }],
  ])('are not accused when one %s', async (_what, more) => {
    expect(await firstOf(more)).toEqual([]);
  });

  it.each([
    ['HTML', fetchResponse(200, '<html>')],
    ['an error', fetchResponse(400, '{"error":"unknown field"}')],
    ['another type', list('many')],
    ['silence', silence()],
  ])('are not asked where the list is %s', async (_what, answer) => {
    expect(await firstOf({ [`${CLIENT}/v3/cluster/member/list`]: answer })).toEqual([]);
  });

  it('say where they themselves are not', async () => {
    expect(await firstOf({ [`${OWN}/version`]: fetchFailure('refused', '10.0.0.1:2379: connection refused') })).toEqual(
      [
        'EtcdMisconfigured: etcd on 127.0.0.1:2379 tells others to find it at http://10.0.0.1:2379, where nobody answers: 10.0.0.1:2379: connection refused.',
      ],
    );
    // The way back to itself, through an address that a router translates, may not exist.
    expect(
      await firstOf({ [`${OWN}/version`]: fetchFailure('unreachable', 'no connection within 800 ms', 800) }),
    ).toEqual([]);
  });
});

describe('the certificate of the API server', () => {
  const CA = '/etc/kubernetes/pki/etcd/ca.crt';
  const CERT = '/etc/kubernetes/pki/apiserver-etcd-client.crt';
  const filesOf = (ca: FakeFile, cert: FakeFile, servers = 'https://127.0.0.1:2379'): Record<string, FakeFile> => ({
    '/etc/kubernetes/manifests/etcd.yaml': `    - --listen-client-urls=${SECURE}\n    - --trusted-ca-file=${CA}\n`,
    '/etc/kubernetes/manifests/kube-apiserver.yaml': `    - --etcd-servers=${servers}\n    - --etcd-certfile=${CERT}\n`,
    [CA]: ca,
    [CERT]: cert,
  });
  const say = async (files: Record<string, FakeFile>): Promise<readonly string[]> =>
    messages(await watch(answersOf({}, clientReads({ url: SECURE })), files, '').run());

  it('is told when another authority has signed it than etcd trusts', async () => {
    expect(await say(filesOf(SECOND_AUTHORITY, OF_FIRST))).toEqual([
      `EtcdMisconfigured: etcd trusts clients that ${CA} has signed, and the API server shows it ${CERT}, which CN=first signed.`,
    ]);
  });

  it.each<[string, Record<string, FakeFile>]>([
    ['it is trusted', filesOf(FIRST_AUTHORITY, OF_FIRST)],
    ['one of two authorities has signed it', filesOf(`${SECOND_AUTHORITY}\n${FIRST_AUTHORITY}`, OF_FIRST)],
    ['it brings who signed it along', filesOf(FIRST_AUTHORITY, `${OF_FIRST}\n${FIRST_AUTHORITY}`)],
    ['the API server uses another etcd', filesOf(SECOND_AUTHORITY, OF_FIRST, 'https://10.0.0.9:2379')],
    ['a file may not be read', filesOf(SECOND_AUTHORITY, { error: 'EACCES' })],
    ['a file is empty', filesOf('', OF_FIRST)],
    [
      'a file is no certificate',
      filesOf(SECOND_AUTHORITY, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    ],
    [
      'there is no API server',
      { ...filesOf(SECOND_AUTHORITY, OF_FIRST), '/etc/kubernetes/manifests/kube-apiserver.yaml': { error: 'ENOENT' } },
    ],
  ])('is not told of when %s', async (_what, files) => {
    expect(await say(files)).toEqual([]);
  });
});
