/**
 * Keeps the scene of a failure, once: what perishes first, the end of the log, is copied at once; then it is waited a moment
 * for what the Kubernetes API says of how it ended. Where it says nothing the scene is kept without, and that is said.
 */
import type { PodFacts, PodsView } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { Scene, SceneCause, SceneNode, SceneOutcome, ScenePlace } from '../../model/scene.ts';
import type { TailOf, Tails } from './log-tail.ts';
import { fitted, scenePodOf } from './content.ts';
import type { OfPod, PodEvents } from './pod-events.ts';
import { type Failure, endedRun, uidOf } from './pod-watch.ts';
import { createQuota } from './quota.ts';

export interface SceneDeskDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  readonly self: string;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly pods: () => PodsView;
  /** Why the API is not asked for pods of that namespace; undefined: it is. */
  readonly whyNotAsked: (namespace: string) => string | undefined;
  /** Never rejects. */
  readonly tails: (of: TailOf) => Promise<Tails>;
  /** What the node looks like now, and what of it could not be looked at. Never rejects. */
  readonly surroundings: () => Promise<{ readonly node: SceneNode; readonly missing: readonly string[] }>;
  /** What the API was told of the pod. Never rejects. */
  readonly events: (of: OfPod) => Promise<PodEvents>;
  readonly keep: (scene: Scene) => void;
}

export interface SceneDesk {
  /** Something has failed, says whoever saw it; others may say the same. */
  failed(failure: Failure): void;
  /** A person wants the scene of what is not known to have failed. */
  ask(place: ScenePlace): Promise<SceneOutcome>;
  /** Earlier runs kept these: they count. */
  recall(kept: readonly (ScenePlace & { readonly at: number; readonly cause: SceneCause })[]): void;
}

/** Of one container: whoever notices the same failure in another way does so by then. */
const DEBOUNCE_MS = 5000;
/** The kubelet tells the API of an end within a second or two. */
const WORD_MS = 5000;
const STEP_MS = 500;
/** At once; each is some hundred kilobytes. */
const MOST_AT_ONCE = 4;
const MOST_KNOWN = 2048;

export function createSceneDesk(deps: SceneDeskDeps): SceneDesk {
  const { clock, self, random, pods, whyNotAsked, tails, surroundings, events, keep } = deps;
  const quota = createQuota();
  /** The newest run of each container whose end was noticed. */
  const noticed = new Map<string, number>();
  /** When a scene of each container was last begun, monotonic ms. */
  const begun = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let working = 0;

  const isNoticed = ({ run, ...failure }: Failure): boolean => {
    if (run === undefined) return false;
    const key = `${failure.uid ?? ''}/${keyOf(failure)}`;
    if (run <= (noticed.get(key) ?? -1)) return true;
    bounded(noticed, key, run);
    return false;
  };
  const isTooSoon = (failure: Failure): boolean => {
    const [key, now] = [keyOf(failure), clock.monotonic()];
    if (now - (begun.get(key) ?? -Infinity) < DEBOUNCE_MS) return true;
    bounded(begun, key, now);
    return false;
  };
  /** In its turn. */
  const work = async (action: () => Promise<void>): Promise<void> => {
    if (working >= MOST_AT_ONCE) await new Promise<void>((resolve) => void waiting.push(resolve));
    working += 1;
    try {
      await action();
    } finally {
      working -= 1;
      waiting.shift()?.();
    }
  };

  const findPod = ({ namespace, pod, uid }: Omit<Failure, 'cause'>): PodFacts | undefined => {
    const view = pods();
    const all = view.kind === 'known' ? view.pods : [];
    return all.find((one) => one.namespace === namespace && one.name === pod && (uid ?? uidOf(one)) === uidOf(one));
  };
  const isTold = (pod: PodFacts | undefined, { container, run }: Failure): boolean => {
    if (pod === undefined) return false;
    const one = pod.containers.find(({ name }) => name === container);
    return run === undefined || (one?.ended !== undefined && (endedRun(one) ?? -1) >= run);
  };
  /** What the API says of it; undefined: nothing. */
  const waitForWord = async (failure: Failure): Promise<PodFacts | undefined> => {
    for (let waitedMs = 0; ; waitedMs += STEP_MS) {
      const pod = findPod(failure);
      const isAsked = pods().kind === 'known' && whyNotAsked(failure.namespace) === undefined;
      if (isTold(pod, failure) || pod?.isDeleting === true || !isAsked || waitedMs >= WORD_MS) return pod;
      await clock.sleep(STEP_MS);
    }
  };
  const whyNothing = (failure: Failure, pod: PodFacts | undefined): readonly string[] => {
    if (isTold(pod, failure)) return [];
    const view = pods();
    const why =
      whyNotAsked(failure.namespace) ??
      (view.kind === 'known' ? `the Kubernetes API said nothing of this within ${WORD_MS / 1000} s` : view.why);
    return [pod === undefined ? `pod: ${why}` : `how it ended: ${why}; what is told of the pod is from before`];
  };

  /** Undefined: there is nothing to keep. */
  const compose = async (failure: Failure, notKept: number): Promise<Scene | undefined> => {
    const { namespace, pod: name, uid, container, run, cause } = failure;
    const at = clock.now();
    const known = findPod(failure);
    const of = { namespace, pod: name, uid: uid ?? (known && uidOf(known)), container, run };
    const [ends, around, pod, told] = await Promise.all([tails(of), surroundings(), waitForWord(failure), events(of)]);
    // A pod that was told to go ends with whatever code; that is how updates are.
    if (pod?.isDeleting === true && cause !== 'asked') return undefined;
    if (cause === 'asked' && pod === undefined && ends.logs.length === 0) return undefined;
    const isReduced = !isTold(pod, failure);
    const one = isReduced ? undefined : pod?.containers.find((other) => other.name === container);
    const ended = one?.ended;
    return fitted({
      id: idOf(at, random),
      at,
      node: self,
      namespace,
      pod: name,
      container,
      cause: cause === 'restarted' && ended !== undefined && ended.exitCode !== 0 ? 'ended' : cause,
      isReduced,
      ...(run !== undefined && { run }),
      ...(ended !== undefined && { exitCode: ended.exitCode }),
      ...(ended?.reason !== undefined && { reason: ended.reason }),
      ...(ended?.ranMs !== undefined && { ranMs: ended.ranMs }),
      notKept,
      ...(pod !== undefined && { podFacts: scenePodOf(pod, container) }),
      events: told.events,
      logs: ends.logs,
      surroundings: around.node,
      missing: [...whyNothing(failure, pod), ...ends.missing, ...around.missing, ...told.missing],
    });
  };

  return {
    failed(failure) {
      if (isNoticed(failure)) return;
      const pod = podOf(failure);
      if (isTooSoon(failure)) return quota.pass(pod, clock.monotonic());
      const notKept = quota.take(pod, clock.monotonic());
      if (notKept === undefined) return;
      void work(async () => {
        const scene = await compose(failure, notKept);
        if (scene !== undefined) keep(scene);
      });
    },
    async ask(place) {
      const tooMany = quota.takeAsked(clock.monotonic());
      if (tooMany !== undefined) return { kind: 'too-many', perHour: tooMany };
      const pod = findPod({ ...place, uid: undefined, run: undefined });
      const [only, ...others] = pod?.containers ?? [];
      const container =
        place.container === '' && only !== undefined && others.length === 0 ? only.name : place.container;
      let outcome: SceneOutcome = { kind: 'unknown-pod' };
      await work(async () => {
        const scene = await compose({ ...place, container, uid: undefined, run: undefined, cause: 'asked' }, 0);
        if (scene === undefined) return;
        keep(scene);
        outcome = { kind: 'kept', id: scene.id };
      });
      return outcome;
    },
    recall(kept) {
      const behindMs = clock.now() - clock.monotonic();
      // The oldest first, as they were counted.
      for (const one of kept.toSorted((a, b) => a.at - b.at))
        if (one.cause !== 'asked') quota.recall(podOf(one), one.at - behindMs);
    },
  };
}

const podOf = ({ namespace, pod }: ScenePlace): string => `${namespace}/${pod}`;
const keyOf = (place: ScenePlace): string => `${podOf(place)}/${place.container}`;

/** The oldest goes where there are too many. */
function bounded(map: Map<string, number>, key: string, value: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_KNOWN && oldest !== undefined) map.delete(oldest);
}

/** `20260101T120000-0a1b2c`. */
function idOf(at: number, random: () => number): string {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d+Z$/g, '');
  const chance = Math.floor(random() * 2 ** 24).toString(16);
  return `${time}-${chance.padStart(6, '0')}`;
}
