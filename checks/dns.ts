import { isIPv6 } from 'node:net';
import { Type } from 'typebox';
import { type ClusterDns, findClusterDns } from './lib/dns/servers.ts';
import { enumerate, seconds } from './lib/figures.ts';
import type { Look } from './lib/procfs.ts';
import { type Seldom, createSeldom } from './lib/seldom.ts';
import {
  absent,
  type CheckContext,
  defineCheck,
  type DnsRequest,
  type DnsResult,
  outcomeOf,
  type Problem,
  type Reading,
  unknown,
} from './types.ts';

type Reason = 'DnsDown' | 'DnsFails' | 'DnsWrongAnswer' | 'DnsTcpBlocked' | 'DnsSlow' | 'UpstreamDnsFails';

interface Settings {
  readonly servers: readonly string[];
  readonly name: string;
  readonly upstreamName: string;
}

interface DnsState {
  readonly found: Seldom<Look<ClusterDns> | undefined>;
  /** How many runs in a row a server was slow. */
  readonly slow: Map<string, number>;
  /** Monotonic ms. */
  upstreamAt?: number;
  /** What was found then. */
  upstream: readonly Problem<Reason>[];
}

type Context = CheckContext<Settings, DnsState>;

/** Two at once, of which one may be asked twice. */
const ANSWER_MS = 1700;
const SLOW_MS = 500;
/** As many runs in a row, so that one answer that was lost is none. */
const SLOW_RUNS = 3;
const MAX_SERVERS = 4;
const UPSTREAM_EVERY_MS = 60_000;
const DNS_PORT = 53;
/** A name that is not there: RFC 8020. */
const NO_SUCH_NAME = 'NXDOMAIN';

export const dns = defineCheck({
  id: 'dns',
  title: 'Cluster DNS',
  description: [
    'Asks the DNS service that pods of this node use for the name of the API, over UDP and over TCP, from the node: the',
    'address is the kubelet’s `clusterDNS`. No answer, an error, a name that it does not know, an address that is not the',
    'one of the API, a way that TCP does not take and answers that take more than 0.5 s three times in a row are different',
    'problems. In a large cluster it is asked more seldom: all agents together ask 20 times a second.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 2000,
  runsOn: 'every node',
  config: Type.Object(
    {
      servers: Type.Array(Type.String(), {
        default: [],
        description:
          'Addresses of DNS servers, ADDRESS or ADDRESS:PORT. Empty: clusterDNS of the kubelet’s configuration.',
      }),
      name: Type.String({
        default: '',
        description: 'The name to ask for. Empty: kubernetes.default.svc with the cluster’s domain.',
      }),
      upstreamName: Type.String({
        default: '',
        description: 'A name outside of the cluster, asked for once a minute. Empty: none.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    DnsDown: {
      severity: 'critical',
      summary: 'The cluster’s DNS does not answer this node: nothing on it finds anything by name.',
      remedy:
        'See whether its pods run and where (`kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`), and whether their addresses answer while the Service’s does not: then kube-proxy or the network between is at fault.',
    },
    DnsFails: {
      severity: 'critical',
      summary: 'The cluster’s DNS answers with an error.',
      remedy:
        'Read `kubectl -n kube-system logs -l k8s-app=kube-dns`: it may not reach the API or its upstream servers.',
    },
    DnsWrongAnswer: {
      severity: 'critical',
      summary: 'The cluster’s DNS does not know the API’s name, or knows another address for it.',
      remedy:
        'Read `kubectl -n kube-system logs -l k8s-app=kube-dns`: one that was started without the API knows no names. See whether something else answers at its address.',
    },
    DnsTcpBlocked: {
      severity: 'warning',
      summary: 'The cluster’s DNS answers over UDP only: long answers get lost.',
      remedy: 'Look for a firewall or a network policy that lets port 53 pass for UDP and not for TCP.',
    },
    DnsSlow: {
      severity: 'warning',
      summary: 'The cluster’s DNS takes long to answer.',
      remedy:
        'See whether its pods are short of CPU (`kubectl -n kube-system top pods -l k8s-app=kube-dns`), and look for losses on the way: `conntrack -S` counts insert_failed.',
    },
    UpstreamDnsFails: {
      severity: 'warning',
      summary: 'Names outside of the cluster are not found.',
      remedy:
        'Look at the servers that the cluster’s DNS forwards to: `forward` in `kubectl -n kube-system get configmap coredns -o yaml`, by default those of the node’s /etc/resolv.conf.',
    },
  },
  readings: {
    udp_seconds: { title: 'Time to answer over UDP' },
    tcp_seconds: { title: 'Time to answer over TCP' },
  },
  needs: ['/var/lib/kubelet/config.yaml to know the address; without it, and without `servers`, the check is unknown.'],
  sharedPerSecond: 20,
  createState: (): DnsState => ({ found: createSeldom(), slow: new Map(), upstream: [] }),
  run: async (context) => {
    const { config, state, host, clock } = context;
    const found = await state.found.get(() => findClusterDns(host), clock.monotonic());
    const servers = config.servers.length > 0 ? config.servers : serversOf(found);
    if (typeof servers === 'string') return unknown(servers);
    if (servers.length === 0) return absent('no configuration of a kubelet names a cluster DNS');
    const domain = found !== undefined && 'value' in found ? found.value.domain : 'cluster.local';
    const name = config.name === '' ? `kubernetes.default.svc.${domain}` : config.name;
    const [upstream, ...looks] = await Promise.all([
      lookUpstream(servers[0] ?? '', context),
      ...servers.slice(0, MAX_SERVERS).map((server) => lookAt(server, name, context)),
    ]);
    const problems = looks.flatMap((one) => one.problems);
    const readings = looks.flatMap((one) => one.readings);
    const cannot = looks.flatMap(({ why }) => why ?? []);
    if (problems.length === 0 && cannot.length > 0) return unknown(enumerate(cannot), readings);
    return outcomeOf([...problems, ...(problems.length > 0 ? [] : upstream)], readings);
  },
});

function serversOf(found: Look<ClusterDns> | undefined): readonly string[] | string {
  if (found === undefined) return [];
  return 'value' in found ? found.value.servers : found.why;
}

interface LookAtServer {
  readonly problems: readonly Problem<Reason>[];
  readonly readings: readonly Reading[];
  readonly why?: string;
}

async function lookAt(server: string, name: string, context: Context): Promise<LookAtServer> {
  const ask = (protocol: DnsRequest['protocol']): Promise<DnsResult> =>
    context.dns({ ...placeOf(server), protocol, name, type: typeOf(context), timeoutMs: ANSWER_MS });
  const [udp, tcp] = await Promise.all([ask('udp'), ask('tcp')]);
  const readings = [
    { name: 'udp_seconds', answer: udp },
    { name: 'tcp_seconds', answer: tcp },
  ].flatMap(({ name: reading, answer }) =>
    answer.kind === 'answer' ? [{ name: reading, subject: server, value: answer.durationMs / 1000 }] : [],
  );
  const aborted = [udp, tcp].find((one) => one.kind === 'failure' && one.failure === 'aborted');
  if (aborted?.kind === 'failure') return { problems: [], readings, why: aborted.message };
  const problem = judge(server, name, { udp, tcp }, context);
  return { problems: problem === undefined ? [] : [{ ...problem, subject: server }], readings };
}

interface Answers {
  readonly udp: DnsResult;
  readonly tcp: DnsResult;
}

function judge(server: string, name: string, { udp, tcp }: Answers, context: Context): Problem<Reason> | undefined {
  const { slow } = context.state;
  if (udp.kind === 'failure') {
    slow.delete(server);
    const besides = tcp.kind === 'failure' ? '' : '; over TCP it answers';
    return { reason: 'DnsDown', message: `No answer over UDP from ${udp.message}${besides}.` };
  }
  const wrong =
    wrongAnswer(server, name, udp, context) ??
    (tcp.kind === 'answer' ? wrongAnswer(server, name, tcp, context) : undefined);
  if (wrong !== undefined) return wrong;
  if (tcp.kind === 'failure')
    return { reason: 'DnsTcpBlocked', message: `No answer over TCP from ${tcp.message}; over UDP it answers.` };
  const runs = udp.durationMs > SLOW_MS ? (slow.get(server) ?? 0) + 1 : 0;
  slow.set(server, runs);
  if (runs < SLOW_RUNS) return undefined;
  return {
    reason: 'DnsSlow',
    message: `${server} took ${seconds(udp.durationMs)} to answer, and more than ${seconds(SLOW_MS)} ${runs} times in a row.`,
  };
}

function wrongAnswer(
  server: string,
  name: string,
  { code, addresses }: Extract<DnsResult, { readonly kind: 'answer' }>,
  context: Context,
): Problem<Reason> | undefined {
  if (code !== 'NOERROR' && code !== NO_SUCH_NAME)
    return { reason: 'DnsFails', message: `${server} answers ${code} when asked for ${name}.` };
  if (code === NO_SUCH_NAME || addresses.length === 0)
    return { reason: 'DnsWrongAnswer', message: `${server} knows no address of ${name}.` };
  const expected = context.node.apiServiceAddress;
  if (context.config.name !== '' || expected === undefined || addresses.includes(expected)) return undefined;
  const message = `${server} says that ${name} is ${enumerate(addresses.slice(0, 3))}; the API is at ${expected}.`;
  return { reason: 'DnsWrongAnswer', message };
}

/** Once a minute; meanwhile what was found then. */
async function lookUpstream(server: string, context: Context): Promise<readonly Problem<Reason>[]> {
  const { config, state, clock } = context;
  if (config.upstreamName === '') return [];
  const now = clock.monotonic();
  // A problem is looked at again with every run, so that it is confirmed, and ends, soon.
  if (state.upstreamAt !== undefined && state.upstream.length === 0 && now - state.upstreamAt < UPSTREAM_EVERY_MS)
    return [];
  state.upstreamAt = now;
  const request = {
    ...placeOf(server),
    protocol: 'udp',
    name: config.upstreamName,
    type: 'A',
    timeoutMs: ANSWER_MS,
  } as const;
  const answer = await context.dns(request);
  if (answer.kind === 'failure' && answer.failure === 'aborted') return state.upstream;
  const isFound = answer.kind === 'answer' && answer.code === 'NOERROR' && answer.addresses.length > 0;
  const said = answer.kind === 'failure' ? answer.message : `${server} answers ${answer.code}`;
  const message = `${config.upstreamName} is not found: ${said}.`;
  state.upstream = isFound ? [] : [{ reason: 'UpstreamDnsFails', subject: config.upstreamName, message }];
  return state.upstream;
}

/** The API has one in the first family of the cluster. */
const typeOf = ({ node }: Context): DnsRequest['type'] =>
  node.apiServiceAddress !== undefined && isIPv6(node.apiServiceAddress) ? 'AAAA' : 'A';

/** `10.96.0.10`, `10.96.0.10:5353`, `fd00::a`, `[fd00::a]:5353`. */
function placeOf(server: string): Pick<DnsRequest, 'server' | 'port'> {
  const [, address, port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(server) ?? /^([^:]+):(\d+)$/.exec(server) ?? [];
  return { server: address ?? server, port: port === undefined ? DNS_PORT : Number(port) };
}
