import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { KUBELET_UNIT } from './lib/units.ts';
import {
  type NodeObjectFacts,
  type NodeTrouble,
  type Problem,
  absent,
  defineCheck,
  outcomeOf,
  unknown,
} from './types.ts';

type Reason =
  | 'NodeNotReady'
  | 'NodeNetworkUnavailable'
  | 'NodeStatusUnknown'
  | 'NodeLeaseStale'
  | 'NodeMemoryPressure'
  | 'NodeDiskPressure'
  | 'NodePidPressure';

interface Memory {
  /** The node itself: whether this agent has seen it ready. */
  readonly node: Condition;
  readonly reasons: Map<Reason, Condition>;
}

/** A kubelet that is started anew is not ready for some seconds, and an update of the network takes it away for a while. */
const NOT_READY_MS = 60_000;
/** Runs begin a little early or late: one that comes a hair too early does not wait for the next. */
const EARLY_MS = 500;
/** Calico takes its network's condition away while its pod is replaced, which pulls an image first. */
const REPLACED_MS = 300_000;
/** Whoever is called away comes back as soon as the API hears the kubelet. */
const AWAY_MS = 30_000;
/** A node that was just started waits for its network, whose image may have to be pulled first. */
const STARTS_MS = 300_000;
/** For how long it must be so. A kubelet holds a pressure by itself for minutes, so that it does not come and go. */
const LASTS_MS: Readonly<Record<Reason, number>> = {
  NodeNotReady: NOT_READY_MS,
  NodeNetworkUnavailable: REPLACED_MS,
  NodeStatusUnknown: AWAY_MS,
  NodeLeaseStale: AWAY_MS,
  NodeMemoryPressure: 0,
  NodeDiskPressure: 0,
  NodePidPressure: 0,
};
const REASONS = Object.keys(LASTS_MS) as readonly Reason[];

/** Of the container runtime itself: then its network is not the trouble. Source: pkg/kubelet/runtime.go of Kubernetes. */
const RUNTIME = /PLEG|container runtime (is down|not ready|status)/i;
const NETWORK = /network (plugin )?(is )?not ready|NetworkReady=false|NetworkPluginNotReady|\bcni\b/i;
/** Source: pkg/kubelet/nodeshutdown of Kubernetes. */
const SHUTS_DOWN = /node is shutting down/i;

const KUBELET_TO_API = `See whether the kubelet runs (\`systemctl status UNIT\`) and what keeps it from the API (\`journalctl -u UNIT -n 100\`): the server in its kubeconfig, an expired certificate, a firewall; ${KUBELET_UNIT}.`;

export const nodeObject = defineCheck({
  id: 'node-object',
  title: 'Node in Kubernetes',
  description: [
    'What the Kubernetes API says of this node: the conditions of its Node, and whether its kubelet renews its Lease. The',
    'conditions come from the agents that read all Nodes for everybody; where none does, an agent of a cluster of up to 90',
    'nodes reads its own. The Lease is looked at by every agent of a cluster of up to ten nodes, and of a larger one by those whose Nodes are',
    'not ready, while these are ten at most. A cordon is no fault, nor is what a node says that shuts down or is about to be removed.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 1000,
  runsOn: 'every node of a Kubernetes cluster',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    NodeNotReady: {
      severity: 'critical',
      summary:
        'The kubelet says that this node is not ready: no more pods are placed here, and after five minutes those that are here go elsewhere.',
      remedy: `The message has the kubelet’s own words; read more with \`journalctl -u UNIT -n 100\` and \`kubectl describe node NODE\`: ${KUBELET_UNIT}. With “PLEG” or “container runtime” look at the runtime first.`,
      windowMs: NOT_READY_MS,
    },
    NodeNetworkUnavailable: {
      severity: 'critical',
      summary: 'The network for pods is missing on this node: none can be started here.',
      remedy:
        'Look why the pod of the network plugin does not run here (`kubectl get pods -A -o wide --field-selector spec.nodeName=NODE`; on the node `crictl ps -a`, `crictl logs CONTAINER`) and whether /etc/cni/net.d holds its configuration. On a cloud with routes look at the cloud controller manager.',
      windowMs: REPLACED_MS,
    },
    NodeStatusUnknown: {
      severity: 'critical',
      summary:
        'The control plane does not hear from this node’s kubelet, and after five minutes starts its pods elsewhere.',
      remedy: KUBELET_TO_API,
      windowMs: AWAY_MS,
    },
    NodeLeaseStale: {
      severity: 'warning',
      summary: 'The kubelet does not renew its Lease: to the control plane this node is as good as gone.',
      remedy: `${KUBELET_TO_API} \`kubectl -n kube-node-lease get lease NODE -o yaml\` shows the last renewal.`,
      windowMs: AWAY_MS,
    },
    NodeMemoryPressure: {
      severity: 'warning',
      summary: 'The kubelet is short of memory, and evicts pods.',
      remedy:
        'See who uses it with `kubectl top pods -A --sort-by=memory`, and who was evicted with `kubectl get events -A --field-selector reason=Evicted`; set memory requests. The kubelet keeps saying so for five minutes after it is over.',
    },
    NodeDiskPressure: {
      severity: 'warning',
      summary: 'The kubelet is short of disk space or inodes, and removes images and evicts pods.',
      remedy:
        'See what is full with `df -h /var/lib/kubelet /var/lib/containerd` and `df -i`, and free it: old logs in /var/log, and where images can be pulled again `crictl rmi --prune`. The kubelet keeps saying so for five minutes after it is over.',
    },
    NodePidPressure: {
      severity: 'warning',
      summary: 'The kubelet is short of process ids, and evicts pods.',
      remedy:
        'Find what starts so many with `ps -eo nlwp,pid,comm --sort=-nlwp | head`, and bound pods by podPidsLimit in the kubelet’s configuration.',
    },
  },
  readings: {},
  needs: [
    'The Kubernetes API, the mesh, and the rights to get, list and watch nodes and to get leases in kube-node-lease; while no agent is answered the check is unknown. Where the Node was deleted it is unknown, too: so a node leaves a cluster.',
  ],
  looksThrough: 'kubernetes-api',
  createState: (): Memory => ({
    node: createCondition(),
    reasons: new Map(REASONS.map((reason) => [reason, createCondition()])),
  }),
  run: async ({ nodeObject: view, state, clock }) => {
    const seen = view();
    if (seen.kind === 'none') return absent(seen.why);
    if (seen.kind === 'unknown') return unknown(seen.why);
    const { node } = seen;
    if (node.ready === undefined) return unknown('nobody has said in the Kubernetes API whether this node is ready');
    const bad = badOf(node);
    if (isWell(node)) state.node.noteWell();
    const now = clock.monotonic();
    const lasting: Problem<Reason>[] = [];
    for (const [reason, condition] of state.reasons) {
      const message = bad.get(reason);
      if (message === undefined) condition.noteWell();
      else if (condition.noteBad(now) + EARLY_MS >= dueMs(reason, node, state)) lasting.push({ reason, message });
    }
    const [first] = bad.values();
    if (lasting.length > 0 || first === undefined || state.node.wasWell) return outcomeOf(lasting);
    return unknown(`this node may still be starting. ${first}`);
  },
});

function dueMs(reason: Reason, { ready }: NodeObjectFacts, { node }: Memory): number {
  // A kubelet without a network is one whose network’s configuration is gone, which no replacement takes away.
  const lastsMs = reason === 'NodeNetworkUnavailable' && ready === 'false' ? NOT_READY_MS : LASTS_MS[reason];
  return lastsMs === 0 || node.wasWell ? lastsMs : STARTS_MS;
}

const isWell = ({ ready, troubles, leaseStaleForMs }: NodeObjectFacts): boolean =>
  ready === 'true' && !troubles.includes('NetworkUnavailable') && leaseStaleForMs === undefined;

const PRESSURES = [
  ['MemoryPressure', 'NodeMemoryPressure', 'memory'],
  ['DiskPressure', 'NodeDiskPressure', 'disk space or inodes'],
  ['PIDPressure', 'NodePidPressure', 'process ids'],
] as const satisfies readonly (readonly [NodeTrouble, Reason, string])[];

/** What is wrong with it now, and in which words; whether it lasts is another question. */
function badOf(node: NodeObjectFacts): ReadonlyMap<Reason, string> {
  const bad = new Map<Reason, string>();
  for (const [trouble, reason, what] of PRESSURES)
    if (node.troubles.includes(trouble)) bad.set(reason, `The kubelet is short of ${what} (${trouble}).`);
  const { ready, isLeaving, leaseStaleForMs } = node;
  const because = (node.because ?? 'no reason is given').replace(/\.$/, '');
  if (isLeaving || SHUTS_DOWN.test(because)) return bad;
  if (ready === 'false') {
    const isNetwork = NETWORK.test(because) && !RUNTIME.test(because);
    bad.set(
      isNetwork ? 'NodeNetworkUnavailable' : 'NodeNotReady',
      `The kubelet calls this node not ready: ${because}.`,
    );
  } else if (node.troubles.includes('NetworkUnavailable'))
    bad.set(
      'NodeNetworkUnavailable',
      'Whoever makes the network of this node says that it is not there (NetworkUnavailable).',
    );
  if (ready === 'unknown')
    bad.set('NodeStatusUnknown', `The control plane has not heard from the kubelet: ${because}.`);
  // Without the figure, so that the sentence stays the same while nothing changes.
  if (leaseStaleForMs !== undefined)
    bad.set(
      'NodeLeaseStale',
      'The kubelet has not renewed its Lease for more than 40 s, while the Kubernetes API answered.',
    );
  return bad;
}
