/** Who is told of what is wrong, wired to what is known of the cluster. */
import { randomBytes } from 'node:crypto';
import { aroundIn } from './alerts/around.ts';
import { type Around, type Desk, createDesk } from './alerts/desk.ts';
import type { Audience } from './alerts/line.ts';
import { createLocalBoard } from './alerts/local-board.ts';
import { showNotifications } from './alerts/show.ts';
import { createSystemReceivers } from './alerts/receivers/system.ts';
import { createSilences } from './alerts/silences.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { receiverKind } from './base/config/receivers.ts';
import { messageOf } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { systemRandom } from './base/random.ts';
import type { Board } from './model/board.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { Diagnosis } from './model/finding.ts';
import type { NotificationsPort } from './model/notifications.ts';
import type { RuleAlert } from './model/rule-alert.ts';
import { formatDuration } from './model/text.ts';
import type { Store } from './store/store.ts';

export interface JoinedAlertsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined: this agent talks to no other. */
  readonly board: () => Board | undefined;
  readonly state: () => ClusterState;
  /** This agent was paused a moment ago. */
  readonly isCatchingUp: () => boolean;
  readonly diagnosis: () => Diagnosis;
  /** What people's own rules say, as all agents of the component have it. */
  readonly ruleAlerts: () => readonly RuleAlert[];
  readonly notice: (message: string) => void;
  readonly store: Pick<Store, 'takeAlerts' | 'saveAlerts' | 'onLateAlerts'>;
}

export interface JoinedAlerts extends NotificationsPort {
  /** Begins to look once it is known what the run before left. */
  start(): void;
  stop(): void;
}

const LOOK_MS = 1000;
const ID_BYTES = 4;

/** Undefined: nobody is to be told of anything. */
export function createJoinedAlerts(config: Config, deps: JoinedAlertsDeps): JoinedAlerts | undefined {
  return config.notifications.receivers.length === 0 ? undefined : new AlertsJoiner(config, deps);
}

/** Alertmanager takes for over what it does not hear of again, and tells people in its own time. */
const REFRESH_MS = 60_000;

/** In the order of the configuration. */
function audiencesOf({ notifications }: Config, { clock, log }: Pick<JoinedAlertsDeps, 'clock' | 'log'>): Audience[] {
  const { receivers } = notifications;
  const made = createSystemReceivers(notifications, { clock, log });
  const timing = {
    groupWaitMs: notifications.groupWaitSeconds * 1000,
    groupIntervalMs: notifications.groupIntervalSeconds * 1000,
    repeatMs: notifications.repeatHours * 3_600_000,
    rankDelayMs: notifications.rankDelaySeconds * 1000,
    resolveDelayMs: notifications.resolveDelaySeconds * 1000,
  };
  const oftener = {
    ...timing,
    isRefreshed: true,
    groupIntervalMs: Math.min(REFRESH_MS, timing.groupIntervalMs),
    repeatMs: REFRESH_MS,
  };
  return made.flatMap((receiver, index) => {
    const wishes = receivers[index];
    if (wishes === undefined) return [];
    const kind = receiverKind(wishes);
    // Alertmanager takes for over what it is not told of.
    if (kind === 'alertmanager') return [{ receiver, wishes, kind, timing: oftener, mostTold: Infinity }];
    return [{ receiver, wishes, kind, timing }];
  });
}

class AlertsJoiner implements JoinedAlerts {
  readonly #deps: JoinedAlertsDeps;
  readonly #self: string;
  readonly #isMeshed: boolean;
  readonly #desk: Desk;
  readonly #silences: ReturnType<typeof createSilences>;
  readonly #local: ReturnType<typeof createLocalBoard>;
  readonly #startedMs: number;
  #stopLooking = (): void => {};
  #isStopped = false;
  /** Of the look before; said once. */
  #fault = '';

  constructor(config: Config, deps: JoinedAlertsDeps) {
    const { node, mesh, notifications } = config;
    const { clock, log, notice, store, ruleAlerts } = deps;
    this.#deps = deps;
    this.#self = node.name;
    this.#isMeshed = mesh.enabled;
    this.#startedMs = clock.monotonic();
    this.#local = createLocalBoard(node.name, clock);
    const board: Board = {
      tell: (topic, items) => this.#board().tell(topic, items),
      notes: (topic) => this.#board().notes(topic),
    };
    const newId = (): string => randomBytes(ID_BYTES).toString('hex');
    this.#silences = createSilences({ self: node.name, clock, board, newId });
    this.#desk = createDesk({
      clock,
      log,
      audiences: audiencesOf(config, deps),
      notice,
      board,
      random: systemRandom,
      self: node.name,
      resolveDelayMs: notifications.resolveDelaySeconds * 1000,
      silences: this.#silences,
      around: () => this.#around(),
      ruleAlerts,
      save: (memory) => store.saveAlerts(memory),
      localNotes: () => this.#local.dump(),
    });
  }

  start(): void {
    this.#start().catch((error: unknown) => {
      this.#deps.log.error({ err: messageOf(error) }, 'notifications do not start');
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopLooking();
    this.#desk.stop();
  }

  state(): ReturnType<NotificationsPort['state']> {
    return showNotifications(this.#desk, this.#silences, this.#around(), this.#deps.clock);
  }

  silences(): ReturnType<NotificationsPort['silences']> {
    return this.#silences.list();
  }

  silence(...[order, by]: Parameters<NotificationsPort['silence']>): ReturnType<NotificationsPort['silence']> {
    const outcome = this.#silences.begin(order);
    const about = [order.reason, ...(order.node === undefined ? [] : [`on ${order.node}`])].join(' ').trim();
    if (outcome.kind === 'begun')
      this.#deps.notice(
        `${about} was silenced for ${formatDuration(order.forMs)} by an operator on ${this.#self}, who asked from ${by}: ${order.comment}`,
      );
    return outcome;
  }

  endSilence(id: string, by: string): ReturnType<NotificationsPort['endSilence']> {
    const outcome = this.#silences.end(id);
    if (outcome.kind === 'ended')
      this.#deps.notice(`the silence ${id} was ended by an operator on ${this.#self}, who asked from ${by}`);
    return outcome;
  }

  async #start(): Promise<void> {
    const { clock, store } = this.#deps;
    store.onLateAlerts((memory) => this.#recall(memory));
    this.#recall(await store.takeAlerts());
    if (!this.#isStopped) this.#stopLooking = clock.every(LOOK_MS, () => this.#look());
  }

  /** What cannot be taken up is lost; what is broken now is told all the same. */
  #recall(memory: unknown): void {
    try {
      this.#local.recall(this.#desk.recall(memory));
    } catch (error) {
      this.#deps.log.error({ err: messageOf(error) }, 'what the notifications kept cannot be taken up');
    }
  }

  /** A defect here must not end an agent that finds what is wrong. */
  #look(): void {
    try {
      this.#desk.look();
      this.#fault = '';
    } catch (error) {
      const fault = messageOf(error);
      if (fault !== this.#fault) this.#deps.log.error({ err: messageOf(error) }, 'notifications are not looked after');
      this.#fault = fault;
    }
  }

  #board(): Board {
    return this.#deps.board() ?? this.#local;
  }

  #around(): Around {
    const { clock, diagnosis, state, isCatchingUp } = this.#deps;
    return aroundIn(diagnosis(), state, {
      isMeshed: this.#isMeshed,
      isCatchingUp: isCatchingUp(),
      runningMs: clock.monotonic() - this.#startedMs,
      now: clock.now(),
    });
  }
}
