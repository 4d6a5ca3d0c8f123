import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { isOfCluster } from './lib/kubelet-config.ts';
import { phaseReadings, triedOrOutcome } from './lib/runtime-answer.ts';
import { runtimeTraces } from './lib/runtime-presence.ts';
import { RUNTIME_UNIT } from './lib/units.ts';
import { type CheckContext, defineCheck, type Outcome, type RuntimeProbeAnswer, unknown } from './types.ts';

type Reason = 'RuntimeDown' | 'RuntimeHung' | 'RuntimeError' | 'PodNetworkNotReady';

type Context = CheckContext<object, Condition>;

/** A node that was just started has no network for pods yet: one of its first pods brings it. */
const STARTS_MS = 120_000;
/** An update of the network's DaemonSet may take its configuration away until the new one runs. */
const UPDATE_MS = 60_000;
/** What each failure of the runtime is called. */
const REASONS = { refused: 'RuntimeDown', hung: 'RuntimeHung', error: 'RuntimeError' } as const;

export const containerRuntime = defineCheck({
  id: 'container-runtime',
  title: 'Container runtime',
  description: [
    'Asks the container runtime that the kubelet uses whether it lives (CRI: Version and Status; Docker Engine: /_ping)',
    'and whether it can still list what it runs: a Docker Engine hangs then where its own state is stuck, other runtimes',
    'answer from memory, and only a start of a container shows it. By CRI also whether its network plug-in is there, on nodes',
    'whose kubelet belongs to a cluster; that it is gone for less than a minute is no problem, because an update may do that. Through `meerkat runtime-probe`, a process of its own, because the runtime’s socket is root on the',
    'node.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 2500,
  runsOn: 'every node',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    RuntimeDown: {
      severity: 'critical',
      summary: 'Nobody listens on the socket of the container runtime.',
      remedy: `Look at \`systemctl status UNIT\` and \`journalctl -n 50 -u UNIT\`, then \`systemctl start UNIT\`: ${RUNTIME_UNIT}.`,
    },
    RuntimeHung: {
      severity: 'critical',
      summary: 'The container runtime takes connections and does not answer.',
      remedy: `Look for a full or dead disk below its data (\`crictl info\` or \`docker info\` hangs too), save its stacks with \`pkill -x -USR1 containerd\` or \`pkill -x -USR1 dockerd\`, then \`systemctl restart UNIT\`: ${RUNTIME_UNIT}. With Docker a restart ends all containers unless live-restore is set (\`grep live-restore /etc/docker/daemon.json\`).`,
    },
    RuntimeError: {
      severity: 'critical',
      summary: 'The container runtime answers with an error.',
      remedy: `The message has its own words; \`journalctl -n 50 -u UNIT\` has more: ${RUNTIME_UNIT}.`,
    },
    PodNetworkNotReady: {
      severity: 'critical',
      summary: 'No pod can be started on this node: the runtime has no network for pods.',
      remedy:
        'The message names what the runtime misses, mostly a file in the directory that `crictl info` calls confDir. Look why the pod of the network that writes it does not run on this node: `crictl ps -a`, `crictl logs CONTAINER`.',
    },
  },
  readings: {
    ping_seconds: { title: 'Time to say that it lives' },
    list_seconds: { title: 'Time to list what it runs', shared: true },
  },
  needs: [
    'The container runtime’s socket, for `meerkat runtime-probe` only; without the probe or the right to connect the check is unknown.',
    '/etc/systemd/system, /etc/kubernetes, /var/lib/kubelet and /var/lib/rancher, to know whether a missing runtime, and a network for pods, belongs here.',
  ],
  presence: { reason: 'RuntimeDown', traces: ({ host }) => runtimeTraces(host) },
  createState: createCondition,
  run: async (context) => outcomeOfPing(await context.runtime.probe('ping', context.signal), context),
});

async function outcomeOfPing(
  answer: RuntimeProbeAnswer,
  { state, clock, host, node }: Context,
): Promise<Outcome<Reason>> {
  const tried = triedOrOutcome(answer);
  if ('status' in tried) return tried;
  const readings = phaseReadings(tried.phases, containerRuntime.readings);
  if (tried.kind === 'ok') {
    state.noteWell();
    return { status: 'ok', readings };
  }
  const message = `${tried.runtime}: ${tried.message}.`;
  if (tried.phase !== 'network' || tried.failure !== 'error')
    return { status: 'problem', problems: [{ reason: REASONS[tried.failure], message }], readings };
  // The runtime itself is well. A host of etcd alone, or of no cluster, has no network for pods.
  if (!(await isOfCluster(host, node))) return { status: 'ok', readings };
  const lastedMs = state.noteBad(clock.monotonic());
  if (state.wasWell && lastedMs < UPDATE_MS) return { status: 'ok', readings };
  if (lastedMs < STARTS_MS && !state.wasWell)
    return unknown(`${tried.runtime}: ${tried.message}; this node may still be starting`, readings);
  return { status: 'problem', problems: [{ reason: 'PodNetworkNotReady', message }], readings };
}
