import {
  componentConfig,
  componentTraces,
  createComponentState,
  lookAtComponent,
} from './lib/control-plane/component.ts';
import { BY_HAND, ETCD_HEALTH } from './lib/etcd/by-hand.ts';
import { WITHIN_K3S } from './lib/units.ts';
import { defineCheck } from './types.ts';

const COMPONENT = { name: 'kube-apiserver', port: 6443, isOftenProxied: true, knowsServiceAccounts: true } as const;
/** Its sub-check of etcd gives up after 2 s, and then says so. */
const BUDGET_MS = 2300;

export const apiserver = defineCheck({
  id: 'apiserver',
  title: 'API server',
  description: [
    'The API server of this node: GET /readyz, which has the sub-checks of /livez and its own, and names those that fail.',
    'Where it is silent, /version tells a server that waits for etcd from one that hangs. A refused request (401, 403) is an',
    'answer: the server lives; it is then asked again as the service account of this pod, which may know more than nobody.',
  ].join(' '),
  intervalMs: 3000,
  timeoutMs: 2500,
  runsOn: 'control-plane nodes',
  config: componentConfig(COMPONENT),
  reasons: {
    ApiserverDown: {
      severity: 'critical',
      summary: 'The API server of this node does not run.',
      remedy: `Look why with \`crictl ps -a --name kube-apiserver\` and \`crictl logs CONTAINER\` (${WITHIN_K3S}): it ends by itself when it finds no etcd at its start, when a certificate or a flag is wrong, or when its port is taken; while it runs its kubelet ends it when /livez fails.`,
    },
    ApiserverHung: {
      severity: 'critical',
      summary: 'The API server of this node accepts connections and does not answer.',
      remedy:
        'See whether it is stopped (`ps -o stat,wchan -C kube-apiserver`) or short of CPU or memory (`crictl stats`), read `crictl logs CONTAINER`, then end it: its kubelet starts it again.',
    },
    ApiserverNotReady: {
      severity: 'critical',
      summary: 'The API server of this node runs and cannot serve.',
      remedy: `Look at what the failed sub-check names: “etcd” is etcd or the way to it (\`${ETCD_HEALTH}\`, and ${BY_HAND}), “poststarthook/…” a start that is not done, “shutdown” an end that has begun; \`crictl logs CONTAINER\` says more.`,
    },
    ApiserverUnhealthy: {
      severity: 'critical',
      summary: 'The API server of this node ends connections or answers nonsense.',
      remedy: 'Read its log with `crictl logs CONTAINER`, and see what listens on its port with `ss -ltnp`.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time until it says that it is ready' },
  },
  needs: [
    'Where it answers to nobody (--anonymous-auth=false): the token of the service account, or all that is known is that it lives.',
    '/etc/kubernetes/manifests/kube-apiserver.yaml to know where it listens, and that it belongs here.',
    '/proc/net/tcp, where no manifest names one: what listens on loopback alone is a proxy to API servers elsewhere.',
    'The host’s network.',
  ],
  presence: { reason: 'ApiserverDown', traces: componentTraces(COMPONENT) },
  createState: createComponentState,
  run: async (context) =>
    await lookAtComponent(
      COMPONENT,
      context,
      { paths: ['/readyz', '/healthz'], alivePath: '/version', budgetMs: BUDGET_MS },
      { hung: 'ApiserverHung', failing: 'ApiserverNotReady', broken: 'ApiserverUnhealthy' },
    ),
});
