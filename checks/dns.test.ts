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

/** The record is read at each run. */
function setUp(
  answers: Answers,
  { config = {}, files = kubelet() }: { config?: Partial<Config>; files?: Record<string, FakeFile> } = {},
) {
  const asked: DnsRequest[] = [];
  const ask: AskDns = async (request) => {
    asked.push(request);
    return answers[request.protocol];
  };
  const clock = testClock();
  const node = { name: 'node-1', arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1' };
  const context = testContext(dns, { host: fakeHostFiles(files), dns: ask, config, clock, node });
  return { asked, clock, look: () => dns.run(context) };
}
const lookOnce = (answers: Partial<Answers>, more?: Parameters<typeof setUp>[1]) =>
  setUp({ udp: answer(), tcp: answer(), ...answers }, more).look();

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
    [
      'nobody listens',
      { udp: failure('refused'), tcp: failure('refused') },
      'No answer over UDP from 10.96.0.10:53: refused.',
    ],
    [
      'it is silent',
      { udp: failure('timeout'), tcp: failure('timeout') },
      'No answer over UDP from 10.96.0.10:53: timeout.',
    ],
    [
      'there is no way',
      { udp: failure('unreachable'), tcp: failure('timeout') },
      'No answer over UDP from 10.96.0.10:53: unreachable.',
    ],
    [
      'UDP is blocked',
      { udp: failure('timeout'), tcp: answer() },
      'No answer over UDP from 10.96.0.10:53: timeout; over TCP it answers.',
    ],
  ])('is DnsDown where %s', async (_, answers, message) => {
    expect(await lookOnce(answers)).toMatchObject({
      problems: [{ reason: 'DnsDown', subject: '10.96.0.10', message }],
    });
  });

  it.each(['refused', 'timeout', 'reset', 'unreachable', 'other'] as const)(
    'is DnsTcpBlocked after %s over TCP',
    async (kind) => {
      expect(await lookOnce({ tcp: failure(kind) })).toMatchObject({
        problems: [
          { reason: 'DnsTcpBlocked', message: `No answer over TCP from 10.96.0.10:53: ${kind}; over UDP it answers.` },
        ],
        readings: [{ name: 'udp_seconds' }],
      });
    },
  );

  it.each(['SERVFAIL', 'REFUSED', 'NOTIMP'])('is DnsFails when it answers %s', async (code) => {
    expect(await lookOnce({ udp: answer([], { code }) })).toMatchObject({
      problems: [{ reason: 'DnsFails', message: `10.96.0.10 answers ${code} when asked for ${NAME}.` }],
    });
    expect(await lookOnce({ tcp: answer([], { code }) })).toMatchObject({ problems: [{ reason: 'DnsFails' }] });
  });

  it('is DnsWrongAnswer when it does not know the name, or knows another address', async () => {
    const knowsNone = { problems: [{ reason: 'DnsWrongAnswer', message: `10.96.0.10 knows no address of ${NAME}.` }] };
    expect(await lookOnce({ udp: answer([], { code: 'NXDOMAIN' }) })).toMatchObject(knowsNone);
    expect(await lookOnce({ udp: answer([]) })).toMatchObject(knowsNone);
    expect(await lookOnce({ udp: answer(['192.0.2.1']) })).toMatchObject({
      problems: [
        { reason: 'DnsWrongAnswer', message: `10.96.0.10 says that ${NAME} is 192.0.2.1; the API is at 10.96.0.1.` },
      ],
    });
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

  it('is absent without a kubelet, and where the kubelet names no DNS', async () => {
    const none = { status: 'absent', why: 'no configuration of a kubelet names a cluster DNS' };
    expect(await lookOnce({}, { files: {} })).toEqual(none);
    expect(await lookOnce({}, { files: kubelet('kind: KubeletConfiguration\n') })).toEqual(none);
  });

  it('is unknown when the kubelet’s configuration may not be read', async () => {
    expect(await lookOnce({}, { files: { [KUBELET]: { error: 'EACCES' } } })).toMatchObject({
      status: 'unknown',
      why: `the agent may not read ${KUBELET} (EACCES)`,
    });
  });

  it('asks the servers that are set, with their ports, for AAAA where the API has an address of IPv6', async () => {
    const { asked, look } = setUp(
      { udp: answer(), tcp: answer() },
      { config: { servers: ['10.0.0.1:5353', 'fd00::a', '[fd00::b]:54'] }, files: {} },
    );
    await look();
    const places = asked.filter(({ protocol }) => protocol === 'udp').map(({ server, port }) => [server, port]);
    expect(places).toEqual([
      ['10.0.0.1', 5353],
      ['fd00::a', 53],
      ['fd00::b', 54],
    ]);
    const six = testContext(dns, {
      config: { servers: ['fd00::a'] },
      node: { name: 'n', arch: 'amd64', cpus: 1, apiServiceAddress: 'fd00::1' },
      dns: async ({ type }) => (type === 'AAAA' ? answer(['fd00::1']) : failure('other')),
    });
    expect(await dns.run(six)).toMatchObject({ status: 'ok' });
  });

  it('tells which of two servers is down', async () => {
    const ask: AskDns = async ({ server }) => (server === '10.0.0.2' ? failure('timeout') : answer());
    const context = testContext(dns, { config: { servers: ['10.0.0.1', '10.0.0.2'] }, dns: ask });
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
