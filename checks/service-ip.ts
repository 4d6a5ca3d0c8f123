import { isIPv6 } from 'node:net';
import { Type } from 'typebox';
import { absent, type CheckContext, defineCheck, type FetchResult, type Outcome, unknown } from './types.ts';

type Reason = 'ServiceUnreachable';

/** Of each of the two steps. */
const ANSWER_MS = 1000;
const MAX_SERVERS = 3;
/** Nobody needs a right for it, and it costs the API server nothing. */
const PATH = '/version';

export const serviceIp = defineCheck({
  id: 'service-ip',
  title: 'Service addresses',
  description: [
    'Asks the API by the address of its Service, as pods do, and where that fails by the addresses of the API servers',
    'themselves. Only where those answer is the way of Services broken on this node: kube-proxy, what stands in for it, or',
    'the network. Any answer will do, a refusal too. In a large cluster it is asked more seldom: all agents together ask',
    '5 times a second.',
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
        'Look at kube-proxy on this node (`crictl ps -a --name kube-proxy`, `crictl logs CONTAINER`), or at what stands in for it, and at its rules: `iptables-save | grep default/kubernetes`, `ipvsadm -Ln`, `cilium service list`.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer by the Service' },
  },
  needs: ['The environment of a pod, which names the Service; elsewhere the check is absent.'],
  looksThrough: 'kubernetes-api',
  sharedPerSecond: 5,
  hintedBy: ['kube-proxy'],
  run: async (context) => {
    const { apiServiceAddress: address, apiServicePort: port = 443 } = context.node;
    if (address === undefined) return absent('this agent runs in no pod, whose environment would name the Service');
    const service = `https://${isIPv6(address) ? `[${address}]` : address}:${port}`;
    const answer = await ask(service, context);
    if (answer.kind === 'response')
      return { status: 'ok', readings: [{ name: 'latency_seconds', value: answer.durationMs / 1000 }] };
    if (answer.failure === 'aborted') return unknown(answer.message);
    return whetherServersAnswer(answer.message, service, context);
  },
});

const ask = (url: string, { fetch }: CheckContext): Promise<FetchResult> =>
  fetch({ url: `${url}${PATH}`, timeoutMs: ANSWER_MS, maxBodyBytes: 4096 });

async function whetherServersAnswer(why: string, service: string, context: CheckContext): Promise<Outcome<Reason>> {
  const servers = context
    .apiServers()
    .filter((url) => url !== service)
    .slice(0, MAX_SERVERS);
  if (servers.length === 0)
    return unknown(`no answer by the Service (${why}), and no API server is known by its own address`);
  const answers = await Promise.all(servers.map((url) => ask(url, context)));
  const answering = servers.find((_, index) => answers[index]?.kind === 'response');
  if (answering === undefined) return unknown(`no answer by the Service (${why}), nor from the API servers themselves`);
  const message = `No answer by the API's Service (${why}), while ${new URL(answering).host} answers.`;
  return { status: 'problem', problems: [{ reason: 'ServiceUnreachable', message }] };
}
