import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { KUBELET_KUBECONFIGS } from './lib/kubelet-config.ts';
import { existingFile } from './lib/presence.ts';
import { phaseReadings, triedOrOutcome } from './lib/runtime-answer.ts';
import { absent, type CheckContext, defineCheck, type Outcome, type RuntimeProbeAnswer, unknown } from './types.ts';

type Reason = 'PodNetworkFails' | 'PodAddressSilent' | 'PodNetworkNotRemoved';

type Context = CheckContext<object, Condition>;

/** An update of the network's DaemonSet may take its programs away until the new one runs. */
const UPDATE_MS = 60_000;
/** How plug-ins put it that they ask the API for the pod, which has none such, or wait for what is written there. */
const ASKS_THE_API = /pods? "?meerkat[^"\s]*"? not found|waiting for (?:the )?(?:pod )?annotation/i;

export const podNetwork = defineCheck({
  id: 'pod-network',
  title: 'Pod network',
  description: [
    'Really connects a sandbox to the network of pods, as every new pod is, asks at its address from the node, where who',
    'refuses is an answer, and removes it; each phase is timed. Nothing runs in it. Networks whose plug-in takes only pods',
    'that the API knows (Calico, Multus, OVN-Kubernetes) cannot be tried like this: there, and until it went well once, the',
    'check is unknown and raises nothing. It is off unless it is asked for: of such a network each try asks the API, and on a node',
    'that has no address left for another pod, as where clouds count them, it fails. A failure is told after a minute, because an update may take the plug-in away for',
    'so long. Through `meerkat runtime-probe`.',
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
        'The message has the words of the network plug-in: a program or a file that is missing, no addresses left, or a daemon of it that does not answer. Look at its pod on this node: `crictl ps -a`, `crictl logs CONTAINER`; addresses that are taken are in /var/lib/cni/networks where host-local gives them away.',
    },
    PodAddressSilent: {
      severity: 'critical',
      summary: 'A new pod on this node does not answer at the address that it was given.',
      remedy:
        'Compare `ip route get ADDRESS` with the interfaces of pods (`ip -br link`), look for rules that drop (`iptables-save | grep DROP`, `nft list ruleset`), and at the logs of the network’s pod on this node.',
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
    '/etc/kubernetes, /var/lib/kubelet and /var/lib/rancher, to know whether the node belongs to a cluster.',
  ],
  hintedBy: ['container-runtime', 'container-start'],
  createState: createCondition,
  run: async (context) => {
    if ((await existingFile(context.host, KUBELET_KUBECONFIGS)) === undefined)
      return absent('no kubelet of a cluster is configured here');
    return outcomeOfNetwork(await context.runtime.probe('network', context.signal), context);
  },
});

const REASON_OF: Readonly<Record<string, Reason>> = {
  answer: 'PodAddressSilent',
  remove: 'PodNetworkNotRemoved',
  sweep: 'PodNetworkNotRemoved',
};

/** Also a runtime that is down or hung is reported here: that it is the cause is the diagnosis' business. */
function outcomeOfNetwork(answer: RuntimeProbeAnswer, { state, clock }: Context): Outcome<Reason> {
  const tried = triedOrOutcome(answer);
  if ('status' in tried) return tried;
  const readings = phaseReadings(tried.phases, podNetwork.readings);
  if (tried.kind === 'ok') {
    state.noteWell();
    return { status: 'ok', readings };
  }
  const { runtime, phase, message } = tried;
  if (phase === 'sandbox' && !state.wasWell && ASKS_THE_API.test(message))
    return unknown('the network plug-in takes only pods that the API knows', readings);
  if (!state.wasWell) return unknown(`not yet seen well: ${runtime}, phase ${phase}: ${message}`, readings);
  if (state.noteBad(clock.monotonic()) < UPDATE_MS) return { status: 'ok', readings };
  const reason = REASON_OF[phase] ?? 'PodNetworkFails';
  return { status: 'problem', problems: [{ reason, message: `${runtime}, phase ${phase}: ${message}.` }], readings };
}
