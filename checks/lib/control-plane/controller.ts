/** What the scheduler and the controller manager are asked, and what is said of them: they differ in their names alone. */
import { defineCheck } from '../../types.ts';
import { WITHIN_K3S } from '../units.ts';
import { componentConfig, componentTraces, createComponentState, lookAtComponent } from './component.ts';
import type { Component } from './endpoint.ts';
import type { HealthRequest } from './health.ts';

export interface ControllerSpec {
  /** Of the check: `scheduler`. */
  readonly id: string;
  /** The reasons begin with it: `Scheduler`. */
  readonly prefix: string;
  readonly title: string;
  readonly component: Component;
  readonly paths: HealthRequest['paths'];
  /** The same in words. */
  readonly asked: string;
}

/** Leaves the run a moment to say what it saw. */
const BUDGET_MS = 850;
/** So much of a process's name the kernel keeps (proc(5), comm). */
const COMM_LENGTH = 15;

export function defineController({ id, prefix, title, component, paths, asked }: ControllerSpec) {
  const words = title.toLowerCase();
  const { name } = component;
  const reasons = { hung: `${prefix}Hung`, failing: `${prefix}Unhealthy`, broken: `${prefix}Unhealthy` };
  const down = `${prefix}Down`;
  return defineCheck({
    id,
    title,
    description: `The ${words} of this node: ${asked}. It is well also while it waits for its turn; whether any ${words} works is told by their Lease.`,
    intervalMs: 3000,
    timeoutMs: 1000,
    runsOn: 'control-plane nodes',
    config: componentConfig(component),
    reasons: {
      [down]: {
        severity: 'critical',
        summary: `The ${words} of this node does not run.`,
        remedy: `Look why with \`crictl ps -a --name ${name}\` and \`crictl logs CONTAINER\` (${WITHIN_K3S}): it ends by itself when it cannot renew its Lease, thus look at the API server first.`,
      },
      [reasons.hung]: {
        severity: 'critical',
        summary: `The ${words} of this node accepts connections and does not answer.`,
        remedy: `See whether it is stopped (\`ps -o stat,wchan -C ${name.slice(0, COMM_LENGTH)}\`), read \`crictl logs CONTAINER\`, then end it: its kubelet starts it again.`,
      },
      [reasons.failing]: {
        severity: 'critical',
        summary: `The ${words} of this node is not healthy.`,
        remedy: 'Read `crictl logs CONTAINER`; where `leaderElection` fails, look at the API server first.',
      },
    },
    readings: {
      latency_seconds: { title: 'Time to answer' },
    },
    needs: [
      `/etc/kubernetes/manifests/${name}.yaml to know where it listens, and that it belongs here.`,
      'The host’s network: the port is bound to loopback.',
    ],
    presence: { reason: down, traces: componentTraces(component) },
    createState: createComponentState,
    run: async (context) => await lookAtComponent(component, context, { paths, budgetMs: BUDGET_MS }, reasons),
  });
}
