/** What people run in the cluster, as the agent has it: what is said of it, and whether it is to be restarted. */
import type { AskedContainer, LogsView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { askedContainers, createJoinedLiveness } from './joined-liveness.ts';
import { createJoinedSignals } from './joined-signals.ts';
import type { Board } from './model/board.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { ContainerLiveness, LivenessMemory, LivenessWord } from './model/liveness.ts';
import type { Signal, SignalAnswer, SignalRequest } from './model/signal.ts';

export interface JoinedWorkloadsDeps {
  readonly clock: Clock;
  readonly logs: () => LogsView;
  readonly state: () => ClusterState;
  /** Undefined: there is no mesh. */
  readonly board: () => Board | undefined;
  /** What this node says of its containers has changed. */
  readonly onNews: () => void;
  /** What is said of workloads has changed. */
  readonly onSignal: () => void;
  /** What is to outlive this agent. */
  readonly save: (memory: LivenessMemory) => void;
}

export interface JoinedWorkloads {
  start(): void;
  stop(): void;
  /** What an earlier run of the agent left; it may come late. */
  recall(memory: LivenessMemory | undefined): void;
  /** Containers of this node that may be restarted. */
  containers(): readonly ContainerLiveness[];
  /** What this node says of them. */
  words(): readonly LivenessWord[];
  /** Somebody asks after these. */
  asked(containers: readonly ContainerLiveness[]): void;
  /** The same containers, as the check `logs` tells of them. */
  forCheck(): readonly AskedContainer[];
  signals(): readonly Signal[];
  /** Somebody outside says something of a workload. */
  hear(request: SignalRequest): SignalAnswer;
}

export function createJoinedWorkloads(config: Config, deps: JoinedWorkloadsDeps): JoinedWorkloads {
  const { clock, logs, state, board, onNews, onSignal, save } = deps;
  const signals = createJoinedSignals(config, { clock, board, onNews: onSignal });
  const liveness = createJoinedLiveness(config, {
    clock,
    logs,
    state,
    onNews,
    save,
    signals: () => signals.signals(),
  });
  return {
    start() {
      signals.start();
      liveness?.start();
    },
    stop() {
      signals.stop();
      liveness?.stop();
    },
    recall: (memory) => memory && liveness?.recall(memory),
    asked: (containers) => liveness?.asked(containers),
    forCheck: () => askedContainers(liveness?.containers() ?? []),
    containers: () => liveness?.containers() ?? [],
    words: () => liveness?.words() ?? [],
    signals: () => signals.signals(),
    hear: (request) => signals.answer(request),
  };
}
