/** What the agent does besides finding out what is wrong: workloads, scenes of failures, notifications. */
import type { PodsView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { type JoinedAlerts, createJoinedAlerts } from './joined-alerts.ts';
import { type JoinedScenes, createJoinedScenes } from './joined-scenes.ts';
import { type JoinedWorkloads, createJoinedWorkloads } from './joined-workloads.ts';
import type { Knowledge } from './knowledge.ts';
import type { Board } from './model/board.ts';
import type { Store } from './store/store.ts';
import type { World } from './world.ts';

export interface JoinedBesidesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly world: Pick<World, 'logs' | 'sceneLogs'> & { readonly pods: () => PodsView };
  readonly store: Store;
  readonly knowledge: Knowledge;
  /** Undefined: there is no mesh. */
  readonly board: () => Board | undefined;
  /** This agent was paused a moment ago. */
  readonly isCatchingUp: () => boolean;
  /** What this node says of itself has changed. */
  readonly onNews: () => void;
  /** Into the own log, and to the others. */
  readonly notice: (message: string) => void;
}

export interface JoinedBesides {
  readonly workloads: JoinedWorkloads;
  /** Undefined: nobody is to be told of anything. */
  readonly notifications: JoinedAlerts | undefined;
  /** Undefined: nobody wants them. */
  readonly scenes: JoinedScenes | undefined;
  /** Begins to look. Call it when the store is open. */
  start(): void;
  stop(): void;
}

export function createJoinedBesides(config: Config, deps: JoinedBesidesDeps): JoinedBesides {
  const { clock, log, world, store, knowledge, board, notice, onNews, isCatchingUp } = deps;
  const state = () => knowledge.state();
  const workloads = createJoinedWorkloads(config, {
    clock,
    logs: world.logs,
    state,
    board,
    onNews,
    onSignal: () => knowledge.touch(),
    save: (memory) => store.saveLiveness(memory),
  });
  const scenes = createJoinedScenes(config, {
    clock,
    log: log.child({ area: 'scenes' }),
    logs: world.sceneLogs,
    pods: world.pods,
    liveness: () => workloads.containers(),
    store,
    knowledge,
    board,
    notice,
  });
  const notifications = createJoinedAlerts(config, {
    clock,
    log: log.child({ area: 'alerts' }),
    board,
    state,
    diagnosis: () => knowledge.diagnosis(),
    ruleAlerts: () => [],
    isCatchingUp,
    notice,
    store,
  });
  return {
    workloads,
    notifications,
    scenes,
    start() {
      workloads.start();
      notifications?.start();
      scenes?.start();
    },
    stop() {
      workloads.stop();
      notifications?.stop();
      scenes?.stop();
    },
  };
}
