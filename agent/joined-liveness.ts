/** Which containers of this node are to be restarted, wired to what is known of the cluster. */
import { enabledLogs, proofMsOf } from '../checks/lib/logs/settings.ts';
import type { AskedContainer, LogsView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { ContainerLiveness, LivenessMemory, LivenessWord } from './model/liveness.ts';
import { isDown } from './model/member.ts';
import type { Signal } from './model/signal.ts';
import { createAskBook } from './workloads/liveness/asks.ts';
import { type Surroundings, createLivenessDesk } from './workloads/liveness/desk.ts';
import { wordsHeard } from './workloads/liveness/heard.ts';
import { signalWatchesOf, watchSettingsOf, withSignals } from './workloads/signals/candidates.ts';

export interface JoinedLivenessDeps {
  readonly clock: Clock;
  readonly logs: () => LogsView;
  readonly state: () => ClusterState;
  readonly signals: () => readonly Signal[];
  /** What this node says of its containers has changed. */
  readonly onNews: () => void;
  /** What is to outlive this agent. */
  readonly save: (memory: LivenessMemory) => void;
}

export interface JoinedLiveness {
  start(): void;
  stop(): void;
  /** What an earlier run of the agent left; it may come late. */
  recall(memory: LivenessMemory): void;
  containers(): readonly ContainerLiveness[];
  /** Somebody asks after these. */
  asked(containers: readonly ContainerLiveness[]): void;
  words(): readonly LivenessWord[];
}

/** Whoever asks waits for nothing. */
const LOOK_MS = 5000;

/** Undefined: no watch of the configuration asks for it. */
export function createJoinedLiveness(config: Config, deps: JoinedLivenessDeps): JoinedLiveness | undefined {
  const { clock, logs, state, signals, onNews, save } = deps;
  const logWatches = enabledLogs(config.checks['logs'])?.watches ?? [];
  const signalWatches = signalWatchesOf(config.signals.liveness, logWatches);
  const watches = [...logWatches.filter(({ liveness }) => liveness), ...watchSettingsOf(signalWatches)];
  if (watches.length === 0) return undefined;
  const signalled = new Set(signalWatches.map(({ watch }) => watch));
  // What a signal was right about would be told again by then.
  const signalProofMs = config.signals.ttlMinutes * 60_000;
  const asked = watches.map((watch) => ({
    name: watch.name,
    initialDelayMs: watch.initialDelaySeconds * 1000,
    proofMs: Math.max(proofMsOf(watch), signalled.has(watch.name) ? signalProofMs : 0),
  }));
  const proofs = new Map(asked.map(({ name, proofMs }) => [name, proofMs]));
  const desk = createLivenessDesk({
    clock,
    self: config.node.name,
    watches: asked,
    logs: () => withSignals(logs(), signalWatches, signalWatches.length === 0 ? [] : signals()),
    surroundings: () => surroundingsIn(state(), config.mesh.enabled, (watch) => proofs.get(watch) ?? 0),
    save,
  });
  const asks = createAskBook(clock);
  let stop = (): void => {};
  let isStarted = false;
  return {
    start() {
      isStarted = true;
      stop = clock.every(LOOK_MS, () => {
        if (desk.look()) onNews();
        asks.see(desk.containers());
      });
    },
    stop: () => stop(),
    recall(memory) {
      desk.recall(memory);
      if (isStarted) onNews();
    },
    containers: () => desk.containers().map((one) => ({ ...one, ...asks.of(one) })),
    asked: (containers) => asks.note(containers),
    words: () => desk.words(),
  };
}

/** What the check `logs` tells of them: what is not restarted although it fails, and what nobody asks after. */
export const askedContainers = (containers: readonly ContainerLiveness[]): readonly AskedContainer[] =>
  containers.map(({ watch, namespace, pod, container, why, held, unaskedMs }) => ({
    watch,
    namespace,
    pod,
    container,
    ...(held !== undefined && { held: why }),
    ...(unaskedMs !== undefined && { unaskedMs }),
  }));

/**
 * Where no mesh is wanted this node is all there is; where one is and nobody was met, nobody knows how the others are.
 *
 * @param isMeshed a mesh is wanted
 * @param proofOf a run of the watch that is so old and does not fail is well, ms
 */
export function surroundingsIn(
  { self, mesh, meshFault, nodes }: ClusterState,
  isMeshed: boolean,
  proofOf: (watch: string) => number,
): Surroundings {
  const members = (mesh?.members ?? []).filter(({ state }) => state !== 'left');
  const visible = members.filter(({ name, inComponent, state }) => name === self || (inComponent && !isDown(state)));
  const alone = isMeshed ? (meshFault?.why ?? whyAlone(mesh)) : undefined;
  return {
    visible: Math.max(1, visible.length),
    known: Math.max(1, members.length),
    seesFirst: (firstOf(visible) ?? self) === (firstOf(members) ?? self),
    // One that is behind still says what it said last: leave that was taken there is not given again.
    words: wordsHeard(
      nodes.flatMap(({ report: { node, liveness: words = [] }, freshness, elapsedMs }) =>
        node === self ? [] : [{ node, words, isStale: freshness === 'stale', elapsedMs }],
      ),
      proofOf,
    ),
    ...(alone !== undefined && { alone }),
  };
}

const firstOf = (members: readonly { readonly name: string }[]): string | undefined =>
  members.map(({ name }) => name).sort()[0];

function whyAlone(mesh: ClusterState['mesh']): string | undefined {
  if (mesh === undefined) return 'this agent has not joined the others';
  if (!mesh.settled) return 'this agent has just begun to look for others';
  const [seed] = mesh.unmetSeeds ?? [];
  return seed !== undefined && mesh.members.length <= 1
    ? `no other agent was met, neither at ${seed.address}`
    : undefined;
}
