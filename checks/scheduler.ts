import {
  componentConfig,
  componentTraces,
  createComponentState,
  lookAtComponent,
} from './lib/control-plane/component.ts';
import { defineCheck } from './types.ts';

const COMPONENT = { name: 'kube-scheduler', port: 10_259 } as const;
/** Leaves the run a moment to say what it saw. */
const BUDGET_MS = 850;

export const scheduler = defineCheck({
  id: 'scheduler',
  title: 'Scheduler',
  description: [
    'The scheduler of this node: GET /livez, or /healthz before 1.31. It is well also while it waits for its turn; whether any',
    'scheduler works is told by their Lease.',
  ].join(' '),
  intervalMs: 3000,
  timeoutMs: 1000,
  runsOn: 'control-plane nodes',
  config: componentConfig(COMPONENT),
  reasons: {
    SchedulerDown: {
      severity: 'critical',
      summary: 'The scheduler of this node does not run.',
      remedy:
        'Look why with `crictl ps -a --name kube-scheduler` and `crictl logs CONTAINER`: it ends by itself when it cannot renew its Lease, thus look at the API server first.',
    },
    SchedulerHung: {
      severity: 'critical',
      summary: 'The scheduler of this node accepts connections and does not answer.',
      remedy:
        'See whether it is stopped (`ps -o stat,wchan -C kube-scheduler`), read `crictl logs CONTAINER`, then end it: its kubelet starts it again.',
    },
    SchedulerUnhealthy: {
      severity: 'critical',
      summary: 'The scheduler of this node is not healthy.',
      remedy: 'Read `crictl logs CONTAINER`; where `leaderElection` fails, look at the API server first.',
    },
  },
  readings: {
    latency_seconds: { title: 'Time to answer' },
  },
  needs: [
    '/etc/kubernetes/manifests/kube-scheduler.yaml to know where it listens, and that it belongs here.',
    'The host’s network: the port is bound to loopback.',
  ],
  presence: { reason: 'SchedulerDown', traces: componentTraces(COMPONENT) },
  createState: createComponentState,
  run: async (context) =>
    await lookAtComponent(
      COMPONENT,
      context,
      { paths: ['/livez', '/healthz'], budgetMs: BUDGET_MS },
      { hung: 'SchedulerHung', failing: 'SchedulerUnhealthy', broken: 'SchedulerUnhealthy' },
    ),
});
