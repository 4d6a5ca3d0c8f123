import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { isOfCluster } from './lib/kubelet-config.ts';
import { type PodHearing, createPodHearing } from './lib/pod-hearing.ts';
import { phaseReadings, triedOrOutcome } from './lib/runtime-answer.ts';
import {
  absent,
  type CheckContext,
  defineCheck,
  type Outcome,
  outcomeOf,
  type Problem,
  type RuntimeProbeAnswer,
  type SeenFromPod,
  unknown,
} from './types.ts';

type Reason =
  | 'PodNetworkFails'
  | 'PodAddressesExhausted'
  | 'PodAddressSilent'
  | 'PodAddressSilentToNode'
  | 'PodAddressSilentToPods'
  | 'PodNetworkNotRemoved';

interface Memory {
  readonly node: Condition;
  readonly pod: PodHearing;
  /** What a pod said last of the addresses that do not answer the node: it is asked once in ten seconds at most. */
  besides: SeenFromPod | undefined;
}

type Context = CheckContext<object, Memory>;

/** An update of the network's DaemonSet may take its programs away until the new one runs. */
const UPDATE_MS = 60_000;
/** A node that was just started may have no network yet: so long what an agent saw before this one is no ground. */
const STARTS_MS = 300_000;
/** How plug-ins put it that they ask the API for the pod, which has none such, or wait for what is written there. */
const ASKS_THE_API = /pods? "?meerkat[^"\s]*"? not found|waiting for (?:the )?(?:pod )?annotation/i;
/**
 * How those that give addresses away put it that there is none left: host-local (flannel-io/flannel#1416), the CNIs of AWS
 * (aws/amazon-vpc-cni-k8s#1791), which also says so where its daemon has none ready, and of Azure (Azure/AKS#2532,
 * Azure/aks-engine#4263; with its CNS: MicrosoftDocs/architecture-center#4402), Calico (`PartialFulfillmentError` in its
 * lib/ipam) and Cilium (cilium/cilium#10627, #17691, #46598).
 */
const NO_ADDRESS_LEFT =
  /no ip addresses available in range set|failed to assign an ip address to container|no available address(?:es| pools)|not enough ips available|assigned 0 out of \d+ requested ipv[46] addresses|range is full|no more ips available|all cidr ranges are exhausted/i;

export const podNetwork = defineCheck({
  id: 'pod-network',
  title: 'Pod network',
  description: [
    'Really connects a sandbox to the network of pods, as every new pod is, asks at its address from the node, where who',
    'refuses is an answer, and removes it; each phase is timed. Where the node has an overlay responder, that asks too, as a pod:',
    'that it is not answered is told once it was answered before. Where one of the two is answered it is a warning, because a',
    'NetworkPolicy that was added does just that. Nothing runs in the sandbox. Networks whose plug-in takes only pods',
    'that the API knows (Calico, Multus, OVN-Kubernetes) cannot be tried like this: there, and until it went well once on this',
    'node, the check is unknown and raises nothing. It is off unless it is asked for: of such a network each try asks the API, and',
    'it takes an address for a moment, of which clouds give a node a few. A failure is told after a minute, because an update may',
    'take the plug-in away for so long, and after five where this agent has not seen the network well itself. Through',
    '`meerkat runtime-probe`.',
  ].join(' '),
  intervalMs: 60_000,
  isOffByDefault: true,
  timeoutMs: 8000,
  windowMs: UPDATE_MS,
  runsOn: 'nodes of a Kubernetes cluster whose runtime speaks CRI',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    PodNetworkFails: {
      severity: 'critical',
      summary: 'A new pod on this node gets no network.',
      remedy:
        'The message has the words of the network plug-in: a program or a file that is missing, or a daemon of it that does not answer. Look at its pod on this node: `crictl ps -a`, `crictl logs CONTAINER`.',
    },
    PodAddressesExhausted: {
      severity: 'warning',
      summary: 'There is no address left for a new pod on this node.',
      remedy:
        'Count those that are taken: in /var/lib/cni/networks where host-local gives them away, on a cloud at the interfaces and the subnet of the node. Addresses of pods that are gone are given back once their sandboxes are (`crictl pods --state NotReady`); else give the node a larger range, or place fewer pods on it.',
    },
    PodAddressSilent: {
      severity: 'critical',
      summary: 'A new pod on this node does not answer the node at the address that it was given.',
      remedy:
        'Compare `ip route get ADDRESS` with the interfaces of pods (`ip -br link`), look for rules that drop (`iptables-save | grep DROP`, `nft list ruleset`), and at the logs of the network’s pod on this node.',
    },
    PodAddressSilentToNode: {
      severity: 'warning',
      summary:
        'A new pod on this node answers another pod on it, and not the node itself: probes that the kubelet makes over the network fail.',
      remedy:
        'Look for what keeps the node from its pods: a policy of the network for hosts that is new (`kubectl get networkpolicies,ciliumclusterwidenetworkpolicies,globalnetworkpolicies -A`), a firewall of the host (`iptables-save -c | grep -E "DROP|REJECT"`, `nft list ruleset`), or a route that does not lead to the pods (`ip route get ADDRESS`).',
    },
    PodAddressSilentToPods: {
      severity: 'warning',
      summary:
        'A new pod on this node answers the node, and not another pod on it that heard such ones before: a NetworkPolicy may stand between, or a part of the network may be broken.',
      remedy:
        'See whether a NetworkPolicy is new (`kubectl get networkpolicies -A --sort-by=.metadata.creationTimestamp`, and the network’s own kinds) that keeps the overlay responder, or all pods, from sending: allow it TCP to the addresses of pods, or remove the responder from this node. If there is none, look at the logs of the network’s pod on this node and for rules that drop between pods (`iptables-save -c | grep -E "DROP|REJECT"`, `nft list ruleset`).',
    },
    PodNetworkNotRemoved: {
      severity: 'warning',
      summary: 'New pods get a network, and the runtime does not take it back.',
      remedy:
        'List what is stuck with `crictl pods --label io.meerkat.probe=network`, and look at the logs of the runtime and of the network’s pod on this node: addresses that are not given back run out.',
    },
  },
  readings: {
    sandbox_seconds: { title: 'Time to connect the sandbox of a pod' },
    answer_seconds: { title: 'Time until its address answered' },
    remove_seconds: { title: 'Time to disconnect and remove it' },
  },
  needs: [
    'The container runtime’s socket and the network of the host, for `meerkat runtime-probe` only; without the probe the check is unknown.',
    'Outside of a pod /etc/kubernetes, /var/lib/kubelet and /var/lib/rancher, to know whether the node belongs to a cluster.',
    'An overlay responder on this node (`meerkat overlay`), to ask from a pod as well; without it that step is left out.',
  ],
  hintedBy: ['container-runtime', 'container-start'],
  remembers: true,
  createState: (): Memory => ({ node: createCondition(), pod: createPodHearing(), besides: undefined }),
  run: async (context) => {
    if (!(await isOfCluster(context.host, context.node))) return absent('no kubelet of a cluster is configured here');
    return outcomeOfNetwork(await context.runtime.probe('network', context.signal), context);
  },
});

const REASON_OF: Readonly<Record<string, Reason>> = {
  answer: 'PodAddressSilent',
  remove: 'PodNetworkNotRemoved',
  sweep: 'PodNetworkNotRemoved',
};

const AFTER_IT_WENT_WELL: ReadonlySet<string> = new Set(['remove', 'sweep']);

/** Also a runtime that is down or hung is reported here: that it is the cause is the diagnosis' business. */
function outcomeOfNetwork(answer: RuntimeProbeAnswer, { state, clock, seenBefore }: Context): Outcome<Reason> {
  const tried = triedOrOutcome(answer);
  if ('status' in tried) return tried;
  const readings = phaseReadings(tried.phases, podNetwork.readings);
  if (tried.kind === 'ok') {
    state.node.noteWell();
    state.besides = undefined;
    state.pod.note(tried.fromPod, clock.monotonic());
    return outcomeOf(silentToPod(tried.runtime, state.pod), readings);
  }
  const { runtime, phase, message } = tried;
  const { node } = state;
  state.besides = phase === 'answer' ? (tried.fromPod ?? state.besides) : undefined;
  const lastedMs = node.noteBad(clock.monotonic());
  if (phase === 'sandbox' && !node.wasWell && ASKS_THE_API.test(message))
    return unknown('the network plug-in takes only pods that the API knows', readings);
  const what = `${runtime}, phase ${phase}: ${message}`;
  // What it made and cannot remove it could make.
  const isKnown = node.wasWell || seenBefore === true || AFTER_IT_WENT_WELL.has(phase);
  if (!isKnown) return unknown(`not yet seen well: ${what}`, readings);
  if (lastedMs < (node.wasWell ? UPDATE_MS : STARTS_MS))
    return node.wasWell ? { status: 'ok', readings } : unknown(`this node may still be starting. ${what}`, readings);
  if (phase === 'answer' && state.besides === 'answered') {
    const words = `${what}; its overlay responder, which is a pod, hears it, so that a NetworkPolicy or a firewall of the host may forbid it.`;
    return { status: 'problem', problems: [{ reason: 'PodAddressSilentToNode', message: words }], readings };
  }
  const isExhausted = phase === 'sandbox' && NO_ADDRESS_LEFT.test(message);
  const reason = isExhausted ? 'PodAddressesExhausted' : (REASON_OF[phase] ?? 'PodNetworkFails');
  return { status: 'problem', problems: [{ reason, message: `${what}.` }], readings };
}

/**
 * The node hears it, and the pod heard others. Also while the pod does not say: it is asked once in ten seconds at most. Never
 * critical: what the policies of a cluster are cannot be seen from here, and one that was added looks like a fault.
 */
function silentToPod(runtime: string, pod: PodHearing): Problem<Reason>[] {
  if (pod.silentForMs() < UPDATE_MS) return [];
  const message = `${runtime}: new addresses answer the node, and no longer its overlay responder, which is a pod; a NetworkPolicy may forbid it.`;
  return [{ reason: 'PodAddressSilentToPods', message }];
}
