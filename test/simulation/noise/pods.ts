/**
 * Pods: pods.
 *
 * - Each is not ready for 30 s to 4.5 min now and then (a problem after 5 min), its container is restarted once in hours,
 *   at times twice within ten minutes (three times are a problem), and waits for its second start.
 * - A rolling update replaces it: the new one's image cannot be pulled for up to 45 s (a problem after a minute).
 * - Jobs end, well or not. For a moment now and then nobody tells of any pod.
 */
import type { ContainerFacts, PodFacts, PodsView } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, SECOND } from './part.ts';

export interface Pods {
  view(): PodsView;
  /** From now on this one is there, too. */
  add(pod: () => PodFacts): void;
}

const LONGEST_MS = 280 * SECOND;
const NAMES = ['coredns', 'kube-proxy', 'cilium', 'metrics-server', 'csi-node', 'ingress'];
const JOB: PodFacts = {
  namespace: 'kube-system',
  name: 'backup',
  uid: 'job',
  phase: 'Failed',
  isDeleting: false,
  isReady: false,
  containers: [{ name: 'app', restarts: 5, ended: { exitCode: 1, reason: 'Error' } }],
};

export function createPods(noise: Noise): Pods {
  const pods = NAMES.map((name) => createPod(noise, name));
  const [isUnseen, job] = [noise.singles()(0.002), noise.spells({ everyMs: HOUR, lastsMs: [MINUTE, HOUR] })];
  return {
    view() {
      if (isUnseen()) return { kind: 'unknown', why: 'the watch of pods is being made anew' };
      return { kind: 'known', pods: [...pods.map((pod) => pod()), ...(job.isOn() ? [JOB] : [])] };
    },
    add: (pod) => void pods.push(pod),
  };
}

type Trouble = Pick<PodFacts, 'isReady' | 'isDeleting' | 'phase'> & Pick<ContainerFacts, 'waiting'>;

const WELL: Trouble = { isReady: true, isDeleting: false, phase: 'Running' };

function createPod(noise: Noise, name: string): () => PodFacts {
  const unready = noise.spells({ everyMs: 2 * HOUR, lastsMs: [30 * SECOND, 270 * SECOND] });
  const crash = noise.spells({ everyMs: 3 * HOUR, lastsMs: [10 * SECOND, 40 * SECOND] });
  const update = noise.spells({ everyMs: 6 * HOUR, lastsMs: [45 * SECOND, 45 * SECOND] });
  let [generation, restarts, isUpdating, isCrashing, lastCrashMs] = [1, 0, false, false, -Infinity];
  let unreadySince: number | undefined;
  const start = (): void => {
    generation += 1;
    restarts = 0;
  };
  const fall = (): void => {
    // Two within ten minutes, at most.
    const isTwice = noise.now() - lastCrashMs > 11 * MINUTE;
    restarts += isTwice ? noise.random.pick([1, 2]) : 0;
    if (isTwice) lastCrashMs = noise.now();
  };
  const trouble = (): Trouble => {
    if (update.isOn()) {
      const waiting = { reason: 'ImagePullBackOff', message: 'the registry answers 503' };
      return { ...WELL, isReady: false, phase: 'Pending', waiting };
    }
    if (crash.isOn())
      return { ...WELL, isReady: false, waiting: { reason: restarts < 3 ? 'CrashLoopBackOff' : 'ContainerCreating' } };
    return unready.isOn() ? { ...WELL, isReady: false } : WELL;
  };
  return () => {
    const [updates, crashes] = [update.isOn(), crash.isOn()];
    if (updates && !isUpdating) start();
    if (crashes && !isCrashing) fall();
    [isUpdating, isCrashing] = [updates, crashes];
    const found = trouble();
    unreadySince = found.isReady ? undefined : (unreadySince ?? noise.now());
    // One trouble after the other is none either, as long as it does not last.
    const isLong = unreadySince !== undefined && noise.now() - unreadySince > LONGEST_MS;
    const { waiting, ...facts } = isLong ? WELL : found;
    const container = { name: 'app', restarts, ...(waiting !== undefined && { waiting }) };
    return { namespace: 'kube-system', name, uid: `${name}-${generation}`, containers: [container], ...facts };
  };
}
