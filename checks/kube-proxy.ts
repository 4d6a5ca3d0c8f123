import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { complaint } from './lib/healthz.ts';
import { kubeletTrace } from './lib/presence.ts';
import {
  absent,
  type CheckContext,
  defineCheck,
  type FetchResult,
  type HostFiles,
  type Outcome,
  unknown,
} from './types.ts';

const DEFAULT_URL = 'http://127.0.0.1:10256';
/** Go's time before there was one is the year 1. */
const NEVER_SECONDS = 1e9;
/** Of both questions together; it leaves the run a moment to say what it saw. */
const BUDGET_MS = 850;
/**
 * An update of its DaemonSet takes the old one away before the new one's image is there, and that one is not well before
 * it has written its rules. The old one's stay meanwhile.
 */
const UPDATE_MS = 60_000;
const INTERVAL_MS = 5000;

type KubeProxyReason = 'KubeProxyDown' | 'KubeProxyHung' | 'KubeProxyUnhealthy';

/** Bad: nobody listens, or who listens again is not well yet. */
type Context = CheckContext<Settings, Condition>;

type Settings = { readonly endpoint: string };

export const kubeProxy = defineCheck({
  id: 'kube-proxy',
  title: 'kube-proxy',
  description: [
    'The health port of kube-proxy: GET /livez, or /healthz where it is older than 1.28. It answers 503 when it has not',
    'written its rules in time. That it is gone or has just started is a problem after a minute only, because an update',
    'of it takes that long and its rules stay; a node that never had one, as with Cilium’s replacement, is `absent`.',
  ].join(' '),
  intervalMs: INTERVAL_MS,
  timeoutMs: 1000,
  // It begins with the first look that finds it gone.
  windowMs: UPDATE_MS + INTERVAL_MS,
  runsOn: 'every node',
  config: Type.Object(
    {
      endpoint: Type.String({
        default: '',
        description: `The URL of its health server, without a path. Empty: ${DEFAULT_URL}.`,
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    KubeProxyDown: {
      severity: 'warning',
      summary: 'Services lead from here to where their pods were: kube-proxy has not run for a minute.',
      remedy:
        'Look why with `crictl ps -a --name kube-proxy` and `crictl logs CONTAINER`; k3s has no container for it: `journalctl -u k3s -n 100`, or `-u k3s-agent`. Where it was replaced on purpose: `checks.kube-proxy.enabled: false` in the ConfigMap `meerkat`, or `meerkat forget NODE --check kube-proxy` (“The program by hand” in docs/operations.md).',
    },
    KubeProxyHung: {
      severity: 'warning',
      summary: 'Services may lead to where their pods were before: kube-proxy accepts connections and does not answer.',
      remedy:
        'See whether it is stopped (`ps -o stat,wchan -C kube-proxy`), read `crictl logs CONTAINER`, then end it: its kubelet starts it again.',
    },
    KubeProxyUnhealthy: {
      severity: 'warning',
      summary: 'Services lead to where their pods were before: kube-proxy cannot write its rules.',
      remedy:
        'Read `crictl logs CONTAINER`: another program may hold the lock of iptables (`fuser -v /run/xtables.lock`), or a rule is refused.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer' },
  },
  needs: [
    'The host’s network, where its health port is asked on loopback.',
    '/var/lib/kubelet and /etc/kubernetes, as a sign that a kube-proxy may still be starting here; without it a node where nobody listens is `absent` at once.',
  ],
  presence: {
    reason: 'KubeProxyDown',
    traces: async ({ config }) => (config.endpoint === '' ? undefined : `configured endpoint ${config.endpoint}`),
  },
  createState: createCondition,
  run: async (context) => {
    const { config, state, clock } = context;
    const url = config.endpoint === '' ? DEFAULT_URL : config.endpoint.replace(/\/+$/, '');
    const { path, answer } = await ask(url, context);
    if (answer.kind === 'failure' && answer.failure === 'refused') return await goneOutcome(url, context);
    const outcome = judge(`${url}${path}`, answer);
    if (outcome.status === 'ok') state.noteWell();
    const isYoung = state.isBad || !state.wasWell;
    if (outcome.status !== 'problem' || !isYoung) return outcome;
    return state.noteBad(clock.monotonic()) < UPDATE_MS ? waiting(outcome.problems[0].message, context) : outcome;
  },
});

interface Asked {
  readonly path: string;
  readonly answer: FetchResult;
}

/** `/livez` does not fail while the cluster-autoscaler takes the node away, as `/healthz` does by design. */
async function ask(url: string, { fetch, clock }: Context): Promise<Asked> {
  const beganAt = clock.monotonic();
  const get = async (path: string): Promise<Asked> => {
    const timeoutMs = Math.floor(BUDGET_MS - (clock.monotonic() - beganAt));
    return { path, answer: await fetch({ url: `${url}${path}`, timeoutMs, maxBodyBytes: 4096 }) };
  };
  const live = await get('/livez');
  return live.answer.kind === 'response' && live.answer.status === 404 ? get('/healthz') : live;
}

async function goneOutcome(url: string, context: Context): Promise<Outcome<KubeProxyReason>> {
  const { state, host, clock, node } = context;
  const nobody = `nobody listens on ${new URL(url).host}`;
  if (state.noteBad(clock.monotonic()) >= UPDATE_MS) return absent(nobody);
  return state.wasWell || node.apiServiceAddress !== undefined || (await mayComeUp(host))
    ? waiting(nobody, context)
    : absent(nobody);
}

/** What it wrote before stands where it was well. */
const waiting = (what: string, { state }: Context): Outcome<never> =>
  state.wasWell ? { status: 'ok' } : unknown(`${what}; it may still be starting`);

/** What cannot be looked for may be there. */
const mayComeUp = async (host: HostFiles): Promise<boolean> =>
  (await kubeletTrace(host).catch(() => 'unclear')) !== undefined;

function judge(url: string, answer: FetchResult): Outcome<KubeProxyReason> {
  if (answer.kind === 'response') {
    const readings = [{ name: 'latency_seconds', value: answer.durationMs / 1000 }];
    if (answer.status === 200) return { status: 'ok', readings };
    if (answer.status !== 503) return unknown(`what answers ${answer.status} at ${url} is no kube-proxy`);
    const message = `${url} answers 503: ${saidOf(answer.body)}.`;
    return { status: 'problem', problems: [{ reason: 'KubeProxyUnhealthy', message }], readings };
  }
  switch (answer.failure) {
    case 'timeout':
      return problem('KubeProxyHung', `kube-proxy does not answer: ${answer.message}.`);
    case 'reset':
      return problem('KubeProxyUnhealthy', `kube-proxy closes the connection: ${answer.message}.`);
    default:
      return unknown(`cannot ask kube-proxy at ${url}: ${answer.message}`);
  }
}

/** When its rules were as they should be, and the time then (k8s.io/kubernetes/pkg/proxy/healthcheck), in Go's words. */
function saidOf(body: string): string {
  const secondsOf = (name: string): number => {
    const [, day, time] = new RegExp(`"${name}":\\s*"(\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d)`).exec(body) ?? [];
    return Date.parse(`${day}T${time}Z`) / 1000;
  };
  const behind = secondsOf('currentTime') - secondsOf('lastUpdated');
  if (Number.isNaN(behind)) return complaint(body);
  return behind > NEVER_SECONDS ? 'it has not written its rules yet' : `its rules are ${behind} s behind`;
}

const problem = (reason: KubeProxyReason, message: string): Outcome<KubeProxyReason> => ({
  status: 'problem',
  problems: [{ reason, message }],
});
