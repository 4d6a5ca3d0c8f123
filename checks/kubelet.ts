import { Type } from 'typebox';
import { complaint } from './lib/healthz.ts';
import { hostAndPort } from './lib/place.ts';
import { kubeletTrace } from './lib/presence.ts';
import { KUBELET_STARTS, KUBELET_UNIT } from './lib/units.ts';
import { absent, defineCheck, type FetchResult, type HostFiles, type Outcome, unknown } from './types.ts';

const DEFAULT_ADDRESS = '127.0.0.1:10248';
const KUBELET_CONFIG = '/var/lib/kubelet/config.yaml';
/** Leaves the run a moment to say what it saw. */
const REQUEST_TIMEOUT_MS = 850;

type KubeletReason = 'KubeletDown' | 'KubeletHung' | 'KubeletUnhealthy';

export const kubelet = defineCheck({
  id: 'kubelet',
  title: 'Kubelet',
  description: [
    'The kubelet’s health port (GET /healthz), which answers only while its main loop runs. The port is 10248 unless',
    `${KUBELET_CONFIG} names another. Nobody listens, silence and a bad answer are three different problems.`,
  ].join(' '),
  intervalMs: 5000,
  timeoutMs: 1000,
  runsOn: 'every node',
  config: Type.Object(
    {
      endpoint: Type.String({
        default: '',
        description: `The URL to ask. Empty: http://${DEFAULT_ADDRESS}/healthz, or the port that the kubelet’s configuration names.`,
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    KubeletDown: {
      severity: 'critical',
      summary: 'The kubelet does not run: pods here are neither started, restarted nor reported.',
      remedy: `Look why with \`systemctl status UNIT\` and \`journalctl -u UNIT -n 100\`; first ${KUBELET_STARTS}, then \`systemctl restart UNIT\`: ${KUBELET_UNIT}.`,
    },
    KubeletHung: {
      severity: 'critical',
      summary: 'The kubelet accepts connections and does not answer.',
      remedy: `See whether it is stopped (\`ps -o stat,wchan -C kubelet\`: T is stopped, D waits for a disk) and read \`journalctl -u UNIT -n 100\`; first ${KUBELET_STARTS}, then \`systemctl restart UNIT\`: ${KUBELET_UNIT}.`,
    },
    KubeletUnhealthy: {
      severity: 'critical',
      summary: 'The kubelet says itself that it is not healthy.',
      remedy: `Read \`journalctl -u UNIT -n 100\`; when its sync loop is stuck, look at the container runtime first. Before a restart ${KUBELET_STARTS}, then \`systemctl restart UNIT\`: ${KUBELET_UNIT}.`,
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer', shared: true },
  },
  needs: [
    `${KUBELET_CONFIG} to find a health port other than 10248, and as a sign that a kubelet belongs here.`,
    'The host’s network: the health port is bound to loopback.',
  ],
  presence: {
    reason: 'KubeletDown',
    traces: async ({ config, host }) =>
      config.endpoint === '' ? await kubeletTrace(host) : `configured endpoint ${config.endpoint}`,
  },
  run: async ({ config, fetch, host }) => {
    const ask = (url: string): Promise<FetchResult> =>
      fetch({ url, timeoutMs: REQUEST_TIMEOUT_MS, maxBodyBytes: 4096 });
    const url = config.endpoint === '' ? `http://${DEFAULT_ADDRESS}/healthz` : config.endpoint;
    const answer = await ask(url);
    const nobody = answer.kind === 'failure' && answer.failure === 'refused';
    if (!nobody || config.endpoint !== '') return judge(url, answer);

    const address = await configuredAddress(host);
    if (address === 'disabled') {
      return unknown(`the kubelet serves no health port: set healthzPort to 10248 in ${KUBELET_CONFIG}`);
    }
    if (address === DEFAULT_ADDRESS) return judge(url, answer);
    const otherUrl = `http://${address}/healthz`;
    return judge(otherUrl, await ask(otherUrl));
  },
});

function judge(url: string, answer: FetchResult): Outcome<KubeletReason> {
  if (answer.kind === 'response') {
    const readings = [{ name: 'latency_seconds', value: answer.durationMs / 1000 }];
    if (answer.status === 200) return { status: 'ok', readings };
    const message = `${url} answers ${answer.status}: ${complaint(answer.body)}.`;
    return { status: 'problem', problems: [{ reason: 'KubeletUnhealthy', message }], readings };
  }
  switch (answer.failure) {
    case 'refused':
      return absent(`nobody listens on ${new URL(url).host}`);
    case 'timeout':
      return problem('KubeletHung', `The kubelet does not answer: ${answer.message}.`);
    case 'reset':
      return problem('KubeletUnhealthy', `The kubelet closes the connection: ${answer.message}.`);
    default:
      return unknown(`cannot ask the kubelet at ${url}: ${answer.message}`);
  }
}

const problem = (reason: KubeletReason, message: string): Outcome<KubeletReason> => ({
  status: 'problem',
  problems: [{ reason, message }],
});

/**
 * The address of the health port by KubeletConfiguration (kubelet.config.k8s.io/v1beta1): `healthzBindAddress`,
 * `healthzPort`, where 0 turns it off. The defaults where the file is missing or may not be read.
 */
async function configuredAddress(host: HostFiles): Promise<string> {
  const text = await host.readText(KUBELET_CONFIG, 65_536).catch(() => '');
  const port = /^healthzPort:\s*(\d+)/m.exec(text)?.[1] ?? '10248';
  const bind = /^healthzBindAddress:\s*["']?([0-9A-Fa-f.:]+)/m.exec(text)?.[1] ?? '127.0.0.1';
  if (port === '0') return 'disabled';
  if (bind === '0.0.0.0') return `127.0.0.1:${port}`;
  if (bind === '::') return `[::1]:${port}`;
  return hostAndPort(bind, port);
}
