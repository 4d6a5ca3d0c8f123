import { describe, expect, it } from 'vitest';
import { dns } from './dns.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import type { AskDns, CheckContext, DnsRequest, DnsResult, FetchFailure } from './types.ts';

const KUBELET = '/var/lib/kubelet/config.yaml';
const kubelet = (text = 'clusterDNS:\n- 10.96.0.10\nclusterDomain: cluster.local\n'): Record<string, FakeFile> => ({
  [KUBELET]: text,
});
const NAME = 'kubernetes.default.svc.cluster.local';

const answer = (
  addresses: readonly string[] = ['10.96.0.1'],
  { code = 'NOERROR', durationMs = 3 } = {},
): DnsResult => ({
  kind: 'answer',
  code,
  addresses,
  durationMs,
});
const failure = (kind: FetchFailure): DnsResult => ({
  kind: 'failure',
  failure: kind,
  message: `10.96.0.10:53: ${kind}`,
});

interface Answers {
  udp: DnsResult;
  tcp: DnsResult;
}
type Config = CheckContext<Parameters<typeof dns.run>[0]['config']>['config'];
interface More {
  readonly podDns?: { readonly servers: readonly string[]; readonly domain: string };
  readonly config?: Partial<Config>;
  readonly files?: Record<string, FakeFile>;
  readonly api?: string | undefined;
  /** An earlier agent was answered. */
  readonly seenBefore?: boolean;
}

const WELL: Answers = { udp: answer(), tcp: answer() };
const MOVES_MS = 40_000;
const STARTS_MS = 120_000;

/** The record is read at each run. */
function setUp(
  answers: Answers,
  { config = {}, files = kubelet(), api = '10.96.0.1', podDns, seenBefore = false }: More = {},
) {
  const asked: DnsRequest[] = [];
  const ask: AskDns = async (request) => {
    asked.push(request);
    return answers[request.protocol];
  };
  const clock = testClock();
  const node = {
    name: 'node-1',
    arch: 'amd64',
    cpus: 4,
    ...(api !== '' && { apiServiceAddress: api }),
    ...(podDns !== undefined && { podDns }),
  };
  const context = testContext(dns, { host: fakeHostFiles(files), dns: ask, config, clock, node, seenBefore });
  return { asked, clock, look: () => dns.run(context) };
}
const lookOnce = (answers: Partial<Answers>, more?: More) => setUp({ ...WELL, ...answers }, more).look();

/** What is said of it once it has lasted, after the server was well. */
async function lasting(answers: Partial<Answers>, more?: More) {
  const now: Answers = { ...WELL };
  const { clock, look } = setUp(now, more);
  expect(await look()).toMatchObject({ status: 'ok' });
  Object.assign(now, answers);
  expect(await look()).toMatchObject({ status: 'ok' });
  clock.advance(MOVES_MS - 1);
  expect(await look()).toMatchObject({ status: 'ok' });
  clock.advance(1);
  return look();
}

describe('dns', () => {
  it('is ok when the service answers with the address of the API both ways', async () => {
    const { asked, look } = setUp({ udp: answer(), tcp: answer(undefined, { durationMs: 5 }) });
    expect(await look()).toEqual({
      status: 'ok',
      readings: [
        { name: 'udp_seconds', subject: '10.96.0.10', value: 0.003 },
        { name: 'tcp_seconds', subject: '10.96.0.10', value: 0.005 },
      ],
    });
    expect(asked).toMatchObject([
      { server: '10.96.0.10', port: 53, protocol: 'udp', name: NAME, type: 'A' },
      { server: '10.96.0.10', port: 53, protocol: 'tcp', name: NAME, type: 'A' },
    ]);
  });

  it.each<[string, Answers, string]>([
    ['nobody listens', { udp: failure('refused'), tcp: failure('refused') }, 'refused.'],
    ['it is silent', { udp: failure('timeout'), tcp: failure('timeout') }, 'timeout.'],
    ['there is no way', { udp: failure('unreachable'), tcp: failure('timeout') }, 'unreachable.'],
    ['UDP is blocked', { udp: failure('timeout'), tcp: answer() }, 'timeout; over TCP it answers.'],
  ])('is DnsDown after 40 s in which %s', async (_, answers, how) => {
    expect(await lasting(answers)).toMatchObject({
      problems: [
        { reason: 'DnsDown', subject: '10.96.0.10', message: `No answer over UDP from 10.96.0.10:53: ${how}` },
      ],
    });
  });

  it('begins anew after an answer: a server behind it moved', async () => {
    const answers: Answers = { ...WELL };
    const { clock, look } = setUp(answers);
    await look();
    for (let round = 0; round < 3; round += 1) {
      answers.udp = failure('timeout');
      await look();
      clock.advance(30_000);
      expect(await look()).toMatchObject({ status: 'ok' });
      answers.udp = answer();
      clock.advance(10_000);
      expect(await look()).toMatchObject({ status: 'ok' });
    }
  });

  it('is unknown while a node that was just started may have no way yet, then DnsDown', async () => {
    const { clock, look } = setUp({ udp: failure('timeout'), tcp: failure('timeout') }, { seenBefore: true });
    const waits = {
      status: 'unknown',
      why: 'No answer over UDP from 10.96.0.10:53: timeout; this node may still be starting',
    };
    expect(await look()).toMatchObject(waits);
    clock.advance(STARTS_MS - 1);
    expect(await look()).toMatchObject(waits);
    clock.advance(1);
    expect(await look()).toMatchObject({ problems: [{ reason: 'DnsDown' }] });
  });

  it.each(['refused', 'timeout', 'unreachable'] as const)(
    'stays unknown where it never answered this node: hosts may be kept away (%s)',
    async (kind) => {
      const answers: Answers = { udp: failure(kind), tcp: failure(kind) };
      const { clock, look } = setUp(answers);
      await look();
      clock.advance(24 * 3_600_000);
      expect(await look()).toMatchObject({
        status: 'unknown',
        why: `No answer over UDP from 10.96.0.10:53: ${kind}; it never answered this node, and may answer pods all the same: a NetworkPolicy may keep hosts away`,
      });

      Object.assign(answers, WELL);
      expect(await look()).toMatchObject({ status: 'ok' });
      answers.udp = answers.tcp = failure(kind);
      await look();
      clock.advance(MOVES_MS);
      expect(await look()).toMatchObject({ problems: [{ reason: 'DnsDown' }] });
    },
  );

  it.each<[string, Answers, string]>([
    ['over TCP', { udp: failure('timeout'), tcp: answer() }, 'DnsDown'],
    ['with an error', { udp: answer([], { code: 'SERVFAIL' }), tcp: failure('timeout') }, 'DnsFails'],
  ])('has answered this node where it did so %s only', async (_, answers, reason) => {
    const { clock, look } = setUp(answers);
    await look();
    clock.advance(STARTS_MS);
    expect(await look()).toMatchObject({ problems: [{ reason }] });
    answers.udp = answers.tcp = failure('timeout');
    expect(await look()).toMatchObject({ problems: [{ reason: 'DnsDown' }] });
  });

  it('does not know which of several servers answered an earlier agent', async () => {
    const answering = new Set(['10.0.0.1']);
    const ask: AskDns = async ({ server }) => (answering.has(server) ? answer() : failure('timeout'));
    const clock = testClock();
    const servers = ['10.0.0.1', '10.0.0.2'];
    const context = testContext(dns, { config: { servers }, dns: ask, clock, seenBefore: true });
    await dns.run(context);
    clock.advance(STARTS_MS);
    expect(await dns.run(context)).toMatchObject({ status: 'unknown' });

    answering.clear();
    await dns.run(context);
    clock.advance(MOVES_MS);
    const outcome = await dns.run(context);
    const told = outcome.status === 'problem' ? outcome.problems.map(({ subject }) => subject) : [];
    expect(told).toEqual(['10.0.0.1']);
  });

  it.each(['refused', 'timeout', 'reset', 'unreachable', 'other'] as const)(
    'is DnsTcpBlocked after %s over TCP',
    async (kind) => {
      expect(await lasting({ tcp: failure(kind) })).toMatchObject({
        problems: [
          { reason: 'DnsTcpBlocked', message: `No answer over TCP from 10.96.0.10:53: ${kind}; over UDP it answers.` },
        ],
        readings: [{ name: 'udp_seconds' }],
      });
    },
  );

  it.each(['SERVFAIL', 'REFUSED', 'NOTIMP'])('is DnsFails when it answers %s', async (code) => {
    expect(await lasting({ udp: answer([], { code }) })).toMatchObject({
      problems: [{ reason: 'DnsFails', message: `10.96.0.10 answers ${code} when asked for ${NAME}.` }],
    });
    expect(await lasting({ tcp: answer([], { code }) })).toMatchObject({ problems: [{ reason: 'DnsFails' }] });
  });

  it('is DnsWrongAnswer when it does not know the name, or knows another address than before', async () => {
    const knowsNone = {
      problems: [{ reason: 'DnsWrongAnswer', message: `10.96.0.10 knows no address of ${NAME}.` }],
    };
    expect(await lasting({ udp: answer([], { code: 'NXDOMAIN' }) })).toMatchObject(knowsNone);
    expect(await lasting({ udp: answer([]) })).toMatchObject(knowsNone);
    expect(await lasting({ udp: answer(['192.0.2.1']) })).toMatchObject({
      problems: [
        { reason: 'DnsWrongAnswer', message: `10.96.0.10 says that ${NAME} is 192.0.2.1; the API is at 10.96.0.1.` },
      ],
    });
  });

  it('calls no address wrong where the environment names something else than the Service', async () => {
    const other = { udp: answer(['10.96.0.1']), tcp: answer(['10.96.0.1']) };
    const { clock, look } = setUp(other, { api: '10.0.0.100' });
    expect(await look()).toMatchObject({ status: 'ok' });
    clock.advance(STARTS_MS);
    expect(await look()).toMatchObject({ status: 'ok' });
  });

  it('does not know what another name ought to be', async () => {
    const config = { name: 'registry.example.org' };
    expect(await lookOnce({ udp: answer(['192.0.2.1']), tcp: answer(['192.0.2.1']) }, { config })).toMatchObject({
      status: 'ok',
    });
  });

  it('is DnsSlow when three answers in a row took long, and one that was lost is none', async () => {
    const late = answer(undefined, { durationMs: 800 });
    const answers = { udp: late, tcp: answer() };
    const { look } = setUp(answers);
    for (const udp of [late, late, answer(), late, late]) {
      answers.udp = udp;
      expect(await look()).toMatchObject({ status: 'ok' });
    }
    expect(await look()).toMatchObject({
      problems: [
        { reason: 'DnsSlow', message: '10.96.0.10 took 0.8 s to answer, and more than 0.5 s 3 times in a row.' },
      ],
    });
  });

  it('is unknown when the run ended before an answer came', async () => {
    expect(await lookOnce({ udp: failure('aborted') })).toMatchObject({
      status: 'unknown',
      why: '10.96.0.10:53: aborted',
    });
  });

  it('is what the kubelet tells the agent’s pod, where no file of it is to be seen', async () => {
    const podDns = { servers: ['10.43.0.10'], domain: 'corp.internal' };
    for (const files of [{}, { [KUBELET]: { error: 'EACCES' } }]) {
      const { asked, look } = setUp({ ...WELL }, { files, podDns });
      expect(await look()).toMatchObject({ status: 'ok' });
      expect(asked[0]).toMatchObject({ server: '10.43.0.10', name: 'kubernetes.default.svc.corp.internal' });
    }
    const { asked, look } = setUp({ ...WELL }, { podDns });
    await look();
    expect(asked[0]).toMatchObject({ server: '10.96.0.10', name: NAME });
  });

  it('is absent without a kubelet, and unknown in a pod, which has a DNS that no file names', async () => {
    const why = 'no configuration of a kubelet names a cluster DNS';
    for (const files of [{}, kubelet('kind: KubeletConfiguration\n')]) {
      expect(await lookOnce({}, { files, api: '' })).toEqual({ status: 'absent', why });
      expect(await lookOnce({}, { files })).toMatchObject({ status: 'unknown', why: `${why}: set checks.dns.servers` });
    }
  });

  it('is unknown when the kubelet’s configuration may not be read, or does not come', async () => {
    expect(await lookOnce({}, { files: { [KUBELET]: { error: 'EACCES' } } })).toMatchObject({
      status: 'unknown',
      why: `the agent may not read ${KUBELET} (EACCES)`,
    });
    const never = { ...fakeHostFiles({}), readText: () => new Promise<never>(() => {}) };
    expect(await dns.run(testContext(dns, { host: never }))).toMatchObject({
      status: 'unknown',
      why: 'the files of this node do not answer',
    });
  });

  it('is unknown where it knows no name, and nothing tells the cluster’s domain', async () => {
    const config = { servers: ['10.96.0.10'] };
    expect(await lookOnce({ udp: answer([], { code: 'NXDOMAIN' }) }, { config, files: {} })).toMatchObject({
      status: 'unknown',
      why: `10.96.0.10 knows no address of ${NAME}, and nothing tells the cluster’s domain: set checks.dns.name`,
    });
  });

  it.each(['dns.example.org', '10.0.0.1:0', '10.0.0.1:99999', '10.0.0.256', '', '[fd00::1'])(
    'is unknown for a server that is no address: %j',
    async (server) => {
      expect(await lookOnce({}, { config: { servers: ['10.0.0.1', server] } })).toMatchObject({
        status: 'unknown',
        why: `${server} in checks.dns.servers is no address: write ADDRESS or ADDRESS:PORT`,
      });
    },
  );

  it('asks the servers that are set, with their ports, for AAAA where the cluster is one of IPv6', async () => {
    const servers = ['10.0.0.1:5353', 'fd00::a', '[fd00::b]:54'];
    const { asked, look } = setUp({ ...WELL }, { config: { servers }, files: {} });
    await look();
    const places = asked.filter(({ protocol }) => protocol === 'udp').map(({ server, port }) => [server, port]);
    expect(places).toEqual([
      ['10.0.0.1', 5353],
      ['fd00::a', 53],
      ['fd00::b', 54],
    ]);
    for (const api of ['fd00::1', '']) {
      const six = setUp({ ...WELL }, { config: { servers: ['fd00::a'] }, api });
      await six.look();
      expect(six.asked.map(({ type }) => type)).toEqual(['AAAA', 'AAAA']);
    }
  });

  it('tells which of two servers is down', async () => {
    let isDown = false;
    const ask: AskDns = async ({ server }) => (isDown && server === '10.0.0.2' ? failure('timeout') : answer());
    const clock = testClock();
    const context = testContext(dns, { config: { servers: ['10.0.0.1', '10.0.0.2'] }, dns: ask, clock });
    await dns.run(context);
    isDown = true;
    await dns.run(context);
    clock.advance(MOVES_MS);
    expect(await dns.run(context)).toMatchObject({ problems: [{ reason: 'DnsDown', subject: '10.0.0.2' }] });
  });

  it('asks for a name outside once a minute, and while it is not found every time', async () => {
    const answers = { udp: answer(), tcp: answer() };
    const { asked, clock, look } = setUp(answers, { config: { upstreamName: 'example.org' } });
    const outside = (): number => asked.filter(({ name }) => name === 'example.org').length;
    await look();
    await look();
    expect(outside()).toBe(1);
    clock.advance(60_000);
    await look();
    expect(outside()).toBe(2);
  });

  it('is UpstreamDnsFails when only names outside are not found', async () => {
    const ask: AskDns = async ({ name }) => (name === 'example.org' ? answer([], { code: 'SERVFAIL' }) : answer());
    const context = testContext(dns, {
      config: { upstreamName: 'example.org' },
      host: fakeHostFiles(kubelet()),
      dns: ask,
    });
    const expected = {
      problems: [
        {
          reason: 'UpstreamDnsFails',
          subject: 'example.org',
          message: 'example.org is not found: 10.96.0.10 answers SERVFAIL.',
        },
      ],
    };
    expect(await dns.run(context)).toMatchObject(expected);
    expect(await dns.run(context)).toMatchObject(expected);
  });
});
