/** What the agent does besides finding out what is wrong: workloads, events, rules, scenes of failures, notifications. */
import type { PodsView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { type JoinedAlerts, createJoinedAlerts } from './joined-alerts.ts';
import { type EventsKube, type EventsMesh, createJoinedEvents } from './joined-events.ts';
import { type JoinedRules, createJoinedRules } from './joined-rules.ts';
import { type JoinedScenes, createJoinedScenes } from './joined-scenes.ts';
import { type JoinedWorkloads, createJoinedWorkloads } from './joined-workloads.ts';
import type { Knowledge } from './knowledge.ts';
import type { Board } from './model/board.ts';
import type { Feed } from './workloads/events/feed.ts';
import type { Store } from './store/store.ts';
import type { World } from './world.ts';

export interface JoinedBesidesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly world: Pick<World, 'logs' | 'sceneLogs' | 'logSights'> & { readonly pods: () => PodsView };
  readonly store: Store;
  /** Not asked before the start. */
  readonly knowledge: () => Knowledge;
  /** Undefined: there is no mesh. */
  readonly board: () => Board | undefined;
  /** Undefined: there is none. */
  readonly mesh: () => EventsMesh | undefined;
  /** Undefined: this agent knows of no Kubernetes API. */
  readonly kube: () => EventsKube | undefined;
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
  /** Undefined: nobody wants them. */
  readonly events: Feed | undefined;
  readonly rules: JoinedRules;
  /** Begins to look. Call it when the store is open. */
  start(): void;
  stop(): void;
}

export function createJoinedBesides(config: Config, deps: JoinedBesidesDeps): JoinedBesides {
  const { clock, log, world, store, knowledge, board, notice, onNews, isCatchingUp } = deps;
  const state = () => knowledge().state();
  const workloads = createJoinedWorkloads(config, {
    clock,
    logs: world.logs,
    state,
    board,
    onNews,
    onSignal: () => knowledge().touch(),
    save: (memory) => store.saveLiveness(memory),
  });
  const events = createJoinedEvents(config, {
    clock,
    log: log.child({ area: 'events' }),
    store,
    mesh: deps.mesh,
    kube: deps.kube,
  });
  const rules = createJoinedRules(config, {
    clock,
    log: log.child({ area: 'rules' }),
    events,
    hasKube: deps.kube() !== undefined,
    store,
    logs: world.logs,
    logSights: world.logSights,
    state,
    board,
    isCatchingUp,
    notice,
  });
  const scenes = createJoinedScenes(config, {
    clock,
    log: log.child({ area: 'scenes' }),
    logs: world.sceneLogs,
    pods: world.pods,
    events,
    liveness: () => workloads.containers(),
    store,
    knowledge: { state, diagnosis: () => knowledge().diagnosis() },
    board,
    notice,
  });
  const notifications = createJoinedAlerts(config, {
    clock,
    log: log.child({ area: 'alerts' }),
    board,
    state,
    diagnosis: () => knowledge().diagnosis(),
    ruleAlerts: () => rules.alerts(),
    isCatchingUp,
    notice,
    store,
  });
  return {
    workloads,
    notifications,
    scenes,
    events,
    rules,
    start() {
      workloads.start();
      notifications?.start();
      scenes?.start();
      events?.start();
      rules.start();
    },
    stop() {
      workloads.stop();
      notifications?.stop();
      scenes?.stop();
      events?.stop();
      rules.stop();
    },
  };
}
