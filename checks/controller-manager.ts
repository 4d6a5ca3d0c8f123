import {
  componentConfig,
  componentTraces,
  createComponentState,
  lookAtComponent,
} from './lib/control-plane/component.ts';
import { defineCheck } from './types.ts';

const COMPONENT = { name: 'kube-controller-manager', port: 10_257 } as const;
/** Leaves the run a moment to say what it saw. */
const BUDGET_MS = 850;

export const controllerManager = defineCheck({
  id: 'controller-manager',
  title: 'Controller manager',
  description: [
    'The controller manager of this node: GET /healthz. It is well also while it waits for its turn; whether any controller',
    'manager works is told by their Lease.',
  ].join(' '),
  intervalMs: 3000,
  timeoutMs: 1000,
  runsOn: 'control-plane nodes',
  config: componentConfig(COMPONENT),
  reasons: {
    ControllerManagerDown: {
      severity: 'critical',
      summary: 'The controller manager of this node does not run.',
      remedy:
        'Look why with `crictl ps -a --name kube-controller-manager` and `crictl logs CONTAINER`: it ends by itself when it cannot renew its Lease, thus look at the API server first.',
    },
    ControllerManagerHung: {
      severity: 'critical',
      summary: 'The controller manager of this node accepts connections and does not answer.',
      remedy:
        'See whether it is stopped (`ps -o stat,wchan -C kube-controller`), read `crictl logs CONTAINER`, then end it: its kubelet starts it again.',
    },
    ControllerManagerUnhealthy: {
      severity: 'critical',
      summary: 'The controller manager of this node is not healthy.',
      remedy: 'Read `crictl logs CONTAINER`; where `leaderElection` fails, look at the API server first.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer' },
  },
  needs: [
    '/etc/kubernetes/manifests/kube-controller-manager.yaml to know where it listens, and that it belongs here.',
    'The host’s network: the port is bound to loopback.',
  ],
  presence: { reason: 'ControllerManagerDown', traces: componentTraces(COMPONENT) },
  createState: createComponentState,
  run: async (context) =>
    await lookAtComponent(
      COMPONENT,
      context,
      { paths: ['/healthz'], budgetMs: BUDGET_MS },
      {
        hung: 'ControllerManagerHung',
        failing: 'ControllerManagerUnhealthy',
        broken: 'ControllerManagerUnhealthy',
      },
    ),
});
