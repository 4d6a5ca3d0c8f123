import { isIP, isIPv6 } from 'node:net';
import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { type Asked, type DnsMemory, type DnsReason, judgeAnswers } from './lib/dns/judge.ts';
import { type ClusterDns, findClusterDns } from './lib/dns/servers.ts';
import { enumerate } from './lib/figures.ts';
import type { Look } from './lib/procfs.ts';
import { type Seldom, createSeldom } from './lib/seldom.ts';
import {
  absent,
  type CheckContext,
  defineCheck,
  type DnsRequest,
  type DnsResult,
  type Outcome,
  outcomeOf,
  type Problem,
  type Reading,
  unknown,
} from './types.ts';

interface Settings {
  readonly servers: readonly string[];
  readonly name: string;
  readonly upstreamName: string;
}

interface DnsState extends DnsMemory {
  readonly found: Seldom<Look<ClusterDns>>;
  /** By server. */
  readonly conditions: Map<string, Condition>;
  /** Servers that answered this agent, whatever they said, or an earlier one. */
  readonly answered: Set<string>;
  /** Monotonic ms. */
  upstreamAt?: number;
  /** What was found then. */
  upstream: readonly Problem<DnsReason>[];
}

type Context = CheckContext<Settings, DnsState>;

/** Two at once, of which one may be asked twice. */
const ANSWER_MS = 1700;
/** One of several servers behind a Service that dies, or moves, stays in its rules for so long. */
const MOVES_MS = 40_000;
/** A node that was just started has no rules for Services yet. */
const STARTS_MS = 120_000;
const INTERVAL_MS = 10_000;
const MAX_SERVERS = 4;
const UPSTREAM_EVERY_MS = 60_000;
const DNS_PORT = 53;
const DEFAULT_DOMAIN = 'cluster.local';

export const dns = defineCheck({
  id: 'dns',
  title: 'Cluster DNS',
  description: [
    'Asks the DNS service that pods of this node use for the name of the API, over UDP and over TCP, from the node: the',
    'address is the kubelet’s `clusterDNS`. No answer, an error, a name that it does not know, an address that is not the',
    'one of the API any more, a way that TCP does not take and answers that take more than 0.5 s three times in a row are',
    'different problems. Whatever lasts less than 40 s is none, because a server that moves takes that long to leave the',
    'Service. In a large cluster it is asked more seldom: all agents together ask 20 times a second. A server that never',
    'answered this node, this agent or an earlier one, is unknown: the agent asks from the host’s network, and a NetworkPolicy',
    'for the DNS pods, or a fault that only hosts have, may keep hosts away from it and not pods.',
  ].join(' '),
  intervalMs: INTERVAL_MS,
  timeoutMs: 2000,
  // It begins with the first look that fails.
  windowMs: MOVES_MS + INTERVAL_MS,
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
        'See whether its pods run and where (`kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`), and whether their addresses answer while the Service’s does not: then kube-proxy or the network between is at fault. Where pods are answered, a NetworkPolicy that was added keeps hosts away: admit them, or set `checks.dns.enabled: false`.',
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
      remedy:
        'Look for a firewall or a network policy that lets port 53 pass for UDP and not for TCP. A server that closes the connection itself may have too many of them: read its log.',
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
  needs: [
    'The kubelet’s configuration, as /var/lib/kubelet/config.yaml, or a pod with the DNS policy ClusterFirstWithHostNet, to know the address; where neither names one, and without `servers`, the check is unknown in a pod and absent elsewhere.',
  ],
  // Each time over UDP and over TCP.
  sharedPerSecond: 10,
  remembers: true,
  createState: (): DnsState => ({
    found: createSeldom(),
    conditions: new Map(),
    answered: new Set(),
    slowRuns: new Map(),
    wasRight: false,
    upstream: [],
  }),
  run: async (context) => {
    const { config, state, host, clock } = context;
    const found = await state.found.get(() => findClusterDns(host), clock.monotonic());
    const cluster = clusterDnsOf(found, context);
    const servers = config.servers.length > 0 ? config.servers : serversOf(cluster, context);
    if ('status' in servers) return servers;
    const broken = servers.find((server) => placeOf(server) === undefined);
    if (broken !== undefined)
      return unknown(`${broken} in checks.dns.servers is no address: write ADDRESS or ADDRESS:PORT`);
    const domain = cluster !== undefined && 'value' in cluster ? cluster.value.domain : undefined;
    const name = config.name === '' ? `kubernetes.default.svc.${domain ?? DEFAULT_DOMAIN}` : config.name;
    const isApi = config.name === '';
    const address = isApi ? context.node.apiServiceAddress : undefined;
    // Of several nobody knows which one answered an earlier agent.
    if (context.seenBefore === true && servers.length === 1) state.answered.add(servers[0] ?? '');
    const asked = { name, isGuessed: isApi && domain === undefined, address };
    const [upstream, ...looks] = await Promise.all([
      lookUpstream(servers[0] ?? '', context),
      ...servers.slice(0, MAX_SERVERS).map((server) => lookAt(server, asked, context)),
    ]);
    const problems = looks.flatMap((one) => one.problems);
    const readings = looks.flatMap((one) => one.readings);
    const cannot = looks.flatMap(({ why }) => why ?? []);
    if (problems.length === 0 && cannot.length > 0) return unknown(enumerate(cannot), readings);
    return outcomeOf([...problems, ...(problems.length > 0 ? [] : upstream)], readings);
  },
});

/** Where no kubelet's file is to be seen, as in most containers: what the kubelet tells this pod. */
function clusterDnsOf(found: Look<ClusterDns> | undefined, { node }: Context): Look<ClusterDns> | undefined {
  const isNamed = found !== undefined && 'value' in found && found.value.servers.length > 0;
  return isNamed || node.podDns === undefined ? found : { value: node.podDns };
}

function serversOf(found: Look<ClusterDns> | undefined, { node }: Context): readonly string[] | Outcome<never> {
  if (found === undefined) return unknown('the files of this node do not answer');
  if ('why' in found) return unknown(found.why);
  if (found.value.servers.length > 0) return found.value.servers;
  const none = 'no configuration of a kubelet names a cluster DNS';
  return node.apiServiceAddress === undefined ? absent(none) : unknown(`${none}: set checks.dns.servers`);
}

interface LookAtServer {
  readonly problems: readonly Problem<DnsReason>[];
  readonly readings: readonly Reading[];
  readonly why?: string;
}

async function lookAt(server: string, asked: Asked, context: Context): Promise<LookAtServer> {
  const place = placeOf(server) ?? { server, port: DNS_PORT };
  const ask = (protocol: DnsRequest['protocol']): Promise<DnsResult> =>
    context.dns({ ...place, protocol, name: asked.name, type: typeOf(place.server, context), timeoutMs: ANSWER_MS });
  const [udp, tcp] = await Promise.all([ask('udp'), ask('tcp')]);
  if (udp.kind === 'answer' || tcp.kind === 'answer') context.state.answered.add(server);
  const readings = [
    { name: 'udp_seconds', answer: udp },
    { name: 'tcp_seconds', answer: tcp },
  ].flatMap(({ name: reading, answer }) =>
    answer.kind === 'answer' ? [{ name: reading, subject: server, value: answer.durationMs / 1000 }] : [],
  );
  const aborted = [udp, tcp].find((one) => one.kind === 'failure' && one.failure === 'aborted');
  if (aborted?.kind === 'failure') return { problems: [], readings, why: aborted.message };
  const problem = judgeAnswers(server, asked, { udp, tcp }, context.state);
  if (typeof problem === 'string') return { problems: [], readings, why: problem };
  if (problem !== undefined) return { ...wait(server, problem, context), readings };
  conditionOf(server, context).noteWell();
  return { problems: [], readings };
}

function conditionOf(server: string, { state }: Context): Condition {
  const condition = state.conditions.get(server) ?? createCondition();
  state.conditions.set(server, condition);
  return condition;
}

/**
 * What may be over in a moment is none yet; where it was never well, nobody can tell before that. A server that never answered
 * this node is no problem at all: agents ask from the host's network, from which a policy for the DNS pods may keep hosts away
 * (gardener/gardener#3162), or a fault that only hosts have (kubernetes/kubernetes#87852), while all pods are well.
 */
function wait(server: string, found: Problem<DnsReason>, context: Context): Omit<LookAtServer, 'readings'> {
  const problem = { ...found, subject: server };
  // It lasted long enough to be called so.
  if (problem.reason === 'DnsSlow') return { problems: [problem] };
  const condition = conditionOf(server, context);
  const { wasWell } = condition;
  const lastedMs = condition.noteBad(context.clock.monotonic());
  if (wasWell) return { problems: lastedMs >= MOVES_MS ? [problem] : [] };
  const said = problem.message.replace(/\.$/, '');
  if (lastedMs < STARTS_MS) return { problems: [], why: `${said}; this node may still be starting` };
  if (context.state.answered.has(server)) return { problems: [problem] };
  return {
    problems: [],
    why: `${said}; it never answered this node, and may answer pods all the same: a NetworkPolicy may keep hosts away`,
  };
}

/** Once a minute; meanwhile what was found then. */
async function lookUpstream(server: string, context: Context): Promise<readonly Problem<DnsReason>[]> {
  const { config, state, clock } = context;
  if (config.upstreamName === '') return [];
  const now = clock.monotonic();
  // A problem is looked at again with every run, so that it is confirmed, and ends, soon.
  if (state.upstreamAt !== undefined && state.upstream.length === 0 && now - state.upstreamAt < UPSTREAM_EVERY_MS)
    return [];
  state.upstreamAt = now;
  const place = placeOf(server) ?? { server, port: DNS_PORT };
  const request = {
    ...place,
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

/** The API has one in the first family of the cluster, which is that of its DNS as well. */
const typeOf = (server: string, { node }: Context): DnsRequest['type'] =>
  isIPv6(node.apiServiceAddress ?? server) ? 'AAAA' : 'A';

/** `10.96.0.10`, `10.96.0.10:5353`, `fd00::a`, `[fd00::a]:5353`. Undefined: it is none of these. */
function placeOf(server: string): Pick<DnsRequest, 'server' | 'port'> | undefined {
  const [, address, port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(server) ?? /^([^:]+):(\d+)$/.exec(server) ?? [];
  const place = { server: address ?? server, port: port === undefined ? DNS_PORT : Number(port) };
  return isIP(place.server) !== 0 && place.port > 0 && place.port < 65_536 ? place : undefined;
}
