import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { hostAndPort } from './lib/place.ts';
import { absent, type CheckContext, defineCheck, type FetchResult, type Outcome, unknown } from './types.ts';

type Reason = 'ServiceUnreachable';

type Context = CheckContext<object, Condition>;

/** Of each of the two steps. */
const ANSWER_MS = 1000;
const MAX_SERVERS = 3;
const TRIES = 3;
/** A node that was just started has no rules for Services yet. */
const STARTS_MS = 120_000;
/** Nobody needs a right for it, and it costs the API server nothing. */
const PATH = '/version';

export const serviceIp = defineCheck({
  id: 'service-ip',
  title: 'Service addresses',
  description: [
    'Asks the API by the address of its Service, as pods do, and where that fails by the addresses of the API servers',
    'themselves. Only where those answer is the way of Services broken on this node: kube-proxy, what stands in for it, or',
    'the network. Whoever takes the connection will do, and of three that are tried at once one is enough. In a large',
    'cluster it is asked more seldom: all agents together ask 15 times a second at most.',
  ].join(' '),
  intervalMs: 30_000,
  timeoutMs: 2500,
  runsOn: 'nodes of a Kubernetes cluster',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    ServiceUnreachable: {
      severity: 'critical',
      summary: 'Pods on this node do not reach the API by its Service, although its servers answer.',
      remedy:
        'Look at kube-proxy on this node (`crictl ps -a --name kube-proxy`, `crictl logs CONTAINER`), or at what stands in for it, and at its rules: `iptables-save | grep default/kubernetes`, `nft list table ip kube-proxy`, `ipvsadm -Ln`, `cilium service list`.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer by the Service' },
  },
  needs: ['The environment of a pod, which names the Service; elsewhere the check is absent.'],
  looksThrough: 'kubernetes-api',
  sharedPerSecond: 5,
  hintedBy: ['kube-proxy', 'dns'],
  createState: createCondition,
  run: async (context) => {
    const { state, clock, node } = context;
    const { apiServiceAddress: address, apiServicePort: port = 443 } = node;
    if (address === undefined) return absent('no environment of a pod names the address of the Service');
    const service = `https://${hostAndPort(address, port)}`;
    const servers = context.apiServers().filter((url) => url !== service);
    if (servers.some((url) => new URL(url).hostname === new URL(service).hostname))
      return absent(`the environment names ${address}, which is an API server and no Service`);
    const answer = await askOften(service, context);
    if (answer.kind === 'response' || isReached(answer)) {
      state.noteWell();
      const readings = answer.kind === 'response' ? [{ name: 'latency_seconds', value: answer.durationMs / 1000 }] : [];
      return { status: 'ok', readings };
    }
    if (answer.failure === 'aborted') return unknown(answer.message);
    const outcome = await whetherServersAnswer(answer.message, servers, context);
    if (outcome.status !== 'problem' || state.wasWell) return outcome;
    return state.noteBad(clock.monotonic()) >= STARTS_MS
      ? outcome
      : unknown(`no answer by the Service (${answer.message}); this node may still be starting`);
  },
});

type Failure = Extract<FetchResult, { readonly kind: 'failure' }>;

/** Somebody took the connection: the way is there, whatever ails the API server at its end. */
const isReached = ({ failure }: Failure): boolean => ['timeout', 'reset', 'tls'].includes(failure);

const ask = (url: string, { fetch }: Context): Promise<FetchResult> =>
  fetch({ url: `${url}${PATH}`, timeoutMs: ANSWER_MS, maxBodyBytes: 4096 });

/** Of several API servers behind a Service one that died is still led to for a while: another connection gets another. */
async function askOften(service: string, context: Context): Promise<FetchResult> {
  const answers = await Promise.all(Array.from({ length: TRIES }, () => ask(service, context)));
  return answers.find((one) => one.kind === 'response' || isReached(one)) ?? (answers[0] as FetchResult);
}

async function whetherServersAnswer(
  why: string,
  servers: readonly string[],
  context: Context,
): Promise<Outcome<Reason>> {
  if (servers.length === 0)
    return unknown(`no answer by the Service (${why}), and no API server is known by its own address`);
  const asked = servers.slice(0, MAX_SERVERS);
  const answers = await Promise.all(asked.map((url) => ask(url, context)));
  const answering = asked.find((_, index) => answers[index]?.kind === 'response');
  if (answering === undefined) return unknown(`no answer by the Service (${why}), nor from the API servers themselves`);
  const message = `No answer by the API's Service (${why}), while ${new URL(answering).host} answers.`;
  return { status: 'problem', problems: [{ reason: 'ServiceUnreachable', message }] };
}
