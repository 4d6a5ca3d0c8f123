import { Type } from 'typebox';
import { count } from './lib/figures.ts';
import { endWords } from './lib/pods/ended.ts';
import { isUnready, whyUnready } from './lib/pods/unready.ts';
import { type ContainerFacts, type PodFacts, type Problem, absent, defineCheck, outcomeOf, unknown } from './types.ts';

/** As long as a kubelet itself remembers a crash: after so long it starts a container at once again. */
const CRASH_WINDOW_MS = 600_000;
const MANY_RESTARTS = 3;
/** The kubelet's waits double from 10 s on: so long is the third, and a reboot alone brings one or two. */
const BACK_OFF_MS = 40_000;
/** A registry that fails once is asked again. */
const PULL_MS = 60_000;
/** A start takes its time: a volume, an image of some gigabytes, a slow probe. */
const START_MS = 300_000;
/** Supervisor would call it FATAL: the kubelet never does, it waits up to five minutes before each try. */
const GIVEN_UP_MS = 300_000;
const GIVEN_UP = ' It has gone on so for five minutes: by now its kubelet tries it only every few minutes.';
/** Of one reason; of more it is told how many. */
const MOST_NAMED = 4;
/** Why an image is not there. Source: pkg/kubelet/images/types.go of Kubernetes. */
const PULL_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
]);

type PodsReason = 'PodsCrashing' | 'ImagePullFailing' | 'PodsNotReady';

/** What is remembered of a pod, by its UID; times are monotonic ms. */
interface Watched {
  /** Restarts as they were counted last, and when more were seen: the newest {@link MANY_RESTARTS}, by container. */
  readonly restarts: Map<string, { count: number; at: number[] }>;
  /** When a crash loop was last seen to go on, by container. */
  readonly backingOff: Map<string, number>;
  /** Since when it is told to crash, by container. */
  readonly crashingSince: Map<string, number>;
  pullingSince?: number | undefined;
  notReadySince?: number | undefined;
}

interface Memory {
  /** By UID. */
  readonly pods: Map<string, Watched>;
  /** The agent has just started: what is so may have been so for long. */
  isFirst: boolean;
}

export const pods = defineCheck({
  id: 'pods',
  title: 'Pods',
  description: [
    'The pods on this node as the Kubernetes API has them, by one watch: containers that crash again and again, images that',
    'cannot be pulled, pods that do not become ready. Only of the namespaces in `kubernetes.podNamespaces`, by default those of',
    'the cluster itself. A container crashes again and again when it was restarted three times within ten minutes, or when its',
    'kubelet waits 40 s or longer before it tries once more. A crash loop is over when nothing of it was seen for ten minutes, as for the kubelet, or when the pod',
    'is gone; after five minutes it is said that its kubelet tries only every few minutes. Pods that have ended or are being',
    'deleted are left alone, and so is a pod that is not ready only because containers of it did their work, as of a Job.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 1000,
  windowMs: START_MS,
  runsOn: 'every node of a Kubernetes cluster',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    PodsCrashing: {
      severity: 'warning',
      summary: 'Containers end again and again.',
      remedy:
        'Read why with `kubectl -n NAMESPACE logs POD --previous` and `kubectl -n NAMESPACE describe pod POD`; without the API, `crictl ps -a` and `crictl logs` on the node.',
    },
    ImagePullFailing: {
      severity: 'warning',
      summary: 'The image of a pod cannot be pulled.',
      remedy:
        'Read the registry’s answer in the message; try `crictl pull IMAGE` on the node, and look at its name servers, its proxy and the pod’s imagePullSecrets.',
    },
    PodsNotReady: {
      severity: 'warning',
      summary: 'Pods have not been ready for five minutes.',
      remedy:
        'Look at the events with `kubectl -n NAMESPACE describe pod POD`: a probe that fails, a volume, the network plugin; on the node `journalctl -u kubelet` names the pod.',
    },
  },
  readings: {
    pods_count: { title: 'Pods that are looked at' },
    not_ready_count: { title: 'Pods that are not ready' },
    restarts_count: { title: 'Restarts of their containers' },
  },
  needs: [
    'The Kubernetes API, and the right to list and watch pods in the namespaces that are looked at; without it the check is unknown.',
  ],
  looksThrough: 'kubernetes-api',
  createState: (): Memory => ({ pods: new Map(), isFirst: true }),
  async run({ pods: view, state, clock }) {
    const seen = view();
    if (seen.kind === 'none') return absent(seen.why);
    if (seen.kind === 'unknown') {
      // For how long it was so, nobody saw.
      state.pods.clear();
      return unknown(seen.why);
    }
    const now = clock.monotonic();
    const living = seen.pods
      .filter(({ phase, isDeleting }) => !isDeleting && phase !== 'Succeeded' && phase !== 'Failed')
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const uids = new Set(living.map(({ uid }) => uid));
    for (const uid of state.pods.keys()) if (!uids.has(uid)) state.pods.delete(uid);
    const unreadyFor = (pod: PodFacts): number => (state.isFirst ? unreadySince(pod, clock.now()) : 0);
    const watched = living.map((pod) => [pod, remember(state.pods, pod, now - unreadyFor(pod))] as const);
    const problems = watched.flatMap(([pod, memory]) => judge(pod, memory, now) ?? []);
    state.isFirst = false;
    const restarts = living.flatMap(({ containers }) => containers).reduce((sum, one) => sum + one.restarts, 0);
    return outcomeOf(gathered(problems), [
      { name: 'pods_count', value: living.length },
      { name: 'not_ready_count', value: living.filter(isUnready).length },
      { name: 'restarts_count', value: restarts },
    ]);
  },
});

const nameOf = ({ namespace, name }: PodFacts): string => `${namespace}/${name}`;

/** For how long the pod has not been ready by its kubelet's clock, which is this node's, ms; not longer than matters. */
const unreadySince = ({ readySince }: PodFacts, wallMs: number): number =>
  readySince === undefined ? 0 : Math.min(START_MS, Math.max(0, wallMs - readySince));

/** @param sinceMs since when it is as it is, where it was not known before; monotonic */
function remember(known: Map<string, Watched>, pod: PodFacts, sinceMs: number): Watched {
  const watched = known.get(pod.uid) ?? {
    restarts: new Map(),
    backingOff: new Map(),
    crashingSince: new Map(),
    notReadySince: isUnready(pod) ? sinceMs : undefined,
  };
  known.set(pod.uid, watched);
  return watched;
}

/** The gravest of what is wrong with it: who crashes is not ready either. */
function judge(pod: PodFacts, watched: Watched, now: number): Problem<PodsReason> | undefined {
  for (const container of pod.containers) note(container, watched, now);
  const pulling = pod.containers.find(({ waiting }) => waiting !== undefined && PULL_REASONS.has(waiting.reason));
  watched.pullingSince = pulling === undefined ? undefined : (watched.pullingSince ?? now);
  watched.notReadySince = isUnready(pod) ? (watched.notReadySince ?? now) : undefined;
  const subject = nameOf(pod);
  const crashing = pod.containers.find(({ name }) => isCrashing(name, watched, now));
  if (crashing !== undefined) {
    const sinceMs = watched.crashingSince.get(crashing.name) ?? now;
    return { reason: 'PodsCrashing', subject, message: crashOf(subject, crashing, now - sinceMs) };
  }
  if (pulling !== undefined && now - (watched.pullingSince ?? now) >= PULL_MS) {
    const { reason = '', message } = pulling.waiting ?? {};
    return { reason: 'ImagePullFailing', subject, message: `${subject} waits for an image: ${message ?? reason}.` };
  }
  if (watched.notReadySince === undefined || now - watched.notReadySince < START_MS) return undefined;
  return { reason: 'PodsNotReady', subject, message: `${subject} is not ready: ${whyUnready(pod)}.` };
}

function note({ name, restarts, waiting }: ContainerFacts, watched: Watched, now: number): void {
  const known = watched.restarts.get(name) ?? { count: restarts, at: [] };
  const more = Math.max(0, restarts - known.count);
  const at = [...known.at, ...Array.from({ length: Math.min(more, MANY_RESTARTS) }, () => now)];
  watched.restarts.set(name, { count: restarts, at: at.slice(-MANY_RESTARTS) });
  const backedOffAt = watched.backingOff.get(name);
  const isLooping = backedOffAt !== undefined && now - backedOffAt < CRASH_WINDOW_MS;
  // The second crash after a boot waits, too, and restarts are counted for as long as the pod lives. A loop goes on with every
  // restart, which come minutes apart.
  const isLong = (waiting?.message === undefined ? 0 : backOffMs(waiting.message)) >= BACK_OFF_MS;
  const isBackingOff = waiting?.reason === 'CrashLoopBackOff' && (isLong || hasMany(at, now));
  if (isBackingOff || (isLooping && more > 0)) watched.backingOff.set(name, now);
  else if (!isLooping) watched.backingOff.delete(name);
  if (!isCrashing(name, watched, now)) watched.crashingSince.delete(name);
  else if (!watched.crashingSince.has(name)) watched.crashingSince.set(name, now);
}

function isCrashing(container: string, { restarts, backingOff }: Watched, now: number): boolean {
  return backingOff.has(container) || hasMany(restarts.get(container)?.at ?? [], now);
}

function hasMany(at: readonly number[], now: number): boolean {
  const [third = -Infinity] = at.slice(-MANY_RESTARTS);
  return at.length >= MANY_RESTARTS && now - third < CRASH_WINDOW_MS;
}

/** As Go writes a duration: `back-off 1m20s restarting failed container=app pod=…`. */
const BACK_OFF = /\bback-off (?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})(?:\.\d+)?s)?/;

/** How long the kubelet waits before it tries again; 0 where it does not say. */
function backOffMs(message: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] = BACK_OFF.exec(message) ?? [];
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** @param crashingMs for how long it is told */
function crashOf(subject: string, { name, restarts, ended }: ContainerFacts, crashingMs: number): string {
  const times = `${count(restarts)} ${restarts === 1 ? 'time' : 'times'}`;
  const how = ended === undefined ? '' : `, ${endWords(ended)}`;
  const given = crashingMs >= GIVEN_UP_MS ? GIVEN_UP : '';
  return `Container ${name} of ${subject} was restarted ${times}${how}.${given}`;
}

/** A node that fails has all its pods fail: some are named. */
function gathered(problems: readonly Problem<PodsReason>[]): readonly Problem<PodsReason>[] {
  return [...Map.groupBy(problems, ({ reason }) => reason)].flatMap(([reason, all]) => {
    const more = all.length - MOST_NAMED;
    if (more <= 0) return all;
    const rest = { reason, subject: 'others', message: `The same holds for ${count(more)} more pods.` };
    return [...all.slice(0, MOST_NAMED), rest];
  });
}
