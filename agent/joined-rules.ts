/** People's own rules, wired to what they look at, to the other agents and to the file that they are in. */
import { stat } from 'node:fs/promises';
import { enabledLogs } from '../checks/lib/logs/settings.ts';
import type { LogsView } from '../checks/types.ts';
import { createLocalBoard } from './alerts/local-board.ts';
import { SYSTEM_FILES } from './alerts/receivers/system-files.ts';
import { type RuleDesk, createRuleDesk } from './alerts/rule-desk/desk.ts';
import { createLogScope } from './alerts/rule-desk/log-scope.ts';
import { type ChecksState, checksState, firstPresent } from './alerts/rule-desk/presence.ts';
import { NO_EVENTS, checkSource, eventSource } from './alerts/rule-desk/source.ts';
import { isBuiltIn } from './alerts/rules/built-in.ts';
import { createRuleEngine } from './alerts/rules/engine.ts';
import { createRulesFile } from './alerts/rules/rules-file.ts';
import type { Rule } from './alerts/rules/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { messageOf } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import type { Board } from './model/board.ts';
import type { ClusterEventFeed } from './model/cluster-event.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { RulesPort } from './model/rule-alert.ts';
import type { Store } from './store/store.ts';
import { createLineCounts } from './workloads/logs/line-counts.ts';
import type { LogSights } from './workloads/logs/port.ts';

export interface JoinedRulesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined: nobody reads events. */
  readonly events: ClusterEventFeed | undefined;
  /** This agent knows of a Kubernetes API. */
  readonly hasKube: boolean;
  readonly store: Pick<Store, 'timeline' | 'onStored'>;
  readonly logs: () => LogsView;
  readonly logSights: LogSights;
  readonly state: () => ClusterState;
  /** Undefined: this agent talks to no other. */
  readonly board: () => Board | undefined;
  /** This agent was paused a moment ago. */
  readonly isCatchingUp: () => boolean;
  readonly notice: (message: string) => void;
}

export interface JoinedRules extends RulesPort {
  start(): void;
  stop(): void;
}

const LOOK_MS = 1000;
/** Rules that are not known yet go on from nothing: what an earlier run said is not written over before. */
const FILE_MS = 15_000;

export const createJoinedRules = (config: Config, deps: JoinedRulesDeps): JoinedRules => new RulesJoiner(config, deps);

class RulesJoiner implements JoinedRules {
  readonly #config: Config;
  readonly #deps: JoinedRulesDeps;
  readonly #desk: RuleDesk;
  readonly #file: ReturnType<typeof createRulesFile>;
  #stopLooking = (): void => {};
  /** Unix ms: since when this agent looks at everything without a pause. */
  #since: number;
  #checks: ChecksState = { why: 'the agents are still finding each other', away: [] };
  #judge: string | undefined;
  #isTold = false;
  #isFileRead = false;
  #startedMs = -Infinity;
  #spentMs = 0;
  /** Of the look before; said once. */
  #fault = '';

  constructor(config: Config, deps: JoinedRulesDeps) {
    const { node, rules, notifications } = config;
    const { clock, log, events, store, logs, logSights, board, notice } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#since = clock.now();
    const watches = (enabledLogs(config.checks['logs'])?.watches ?? []).filter(({ pattern }) => pattern !== '');
    const workloads = new Map(watches.map(({ name, workload }) => [name, workload]));
    const local = createLocalBoard(node.name, clock);
    this.#desk = createRuleDesk({
      self: node.name,
      clock,
      log,
      board: {
        tell: (topic, items) => (board() ?? local).tell(topic, items),
        notes: (topic) => (board() ?? local).notes(topic),
      },
      createEngine: createRuleEngine,
      logs: createLogScope({
        self: node.name,
        clock,
        lines: createLineCounts({ clock, sights: logSights, view: logs, workloads }),
        watches: new Set(workloads.keys()),
        notBefore: () => this.#since,
      }),
      sources: {
        events: events === undefined ? NO_EVENTS : eventSource(events),
        checks: checkSource(store, () => this.#checks),
      },
      judge: () => this.#judge,
    });
    // Where there are no events nobody is to hear that rules about them are unknown. An agent that others may read them for
    // has all rules, as those have.
    const builtIn = rules.builtIn && events !== undefined && (deps.hasKube || config.mesh.enabled);
    this.#file = createRulesFile(
      { ...rules, builtIn },
      {
        clock,
        stat: async (path) => {
          const stats = await stat(path);
          return { mtimeMs: stats.mtimeMs, ino: stats.ino, size: stats.size, isFile: stats.isFile() };
        },
        read: (path) => SYSTEM_FILES.read(path),
        receivers: notifications.receivers.map(({ name }) => name),
        onRules: (all) => this.#take(all),
        onMistakes: (mistakes) => {
          const [first, ...others] = mistakes;
          if (first === undefined) return;
          const more = others.length === 0 ? '' : ` (and ${others.length} more mistakes)`;
          log.warn({ mistakes }, 'the file of rules is refused');
          notice(`the rules of ${rules.file} are refused, those before hold: ${first}${more}`);
          this.#isTold = true;
        },
      },
    );
  }

  start(): void {
    this.#startedMs = this.#deps.clock.monotonic();
    this.#file
      .start()
      .catch((error: unknown) => {
        this.#deps.log.error({ err: messageOf(error) }, 'the file of rules is not looked at');
      })
      .finally(() => (this.#isFileRead = true));
    this.#stopLooking = this.#deps.clock.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#stopLooking();
    this.#file.stop();
  }

  alerts(): ReturnType<RulesPort['alerts']> {
    return this.#desk.alerts();
  }

  rules(): ReturnType<RulesPort['rules']> {
    const isUnreadable = this.#judge !== undefined && this.#deps.events?.feed().state === 'none';
    return this.#desk
      .rules()
      .map((rule) => (isUnreadable && isBuiltIn(rule) && rule.state === 'unknown' ? { ...rule, isMoot: true } : rule));
  }

  file(): ReturnType<RulesPort['file']> {
    const file = this.#file.state();
    const others = this.#desk.strangers();
    return file && { ...file, ...(others.length > 0 && { others }) };
  }

  figures(): ReturnType<NonNullable<RulesPort['figures']>> {
    return { omitted: this.#desk.omitted(), evaluationSeconds: this.#spentMs / 1000 };
  }

  /** What holds when the agent begins is no news. */
  #take(rules: readonly Rule[]): void {
    const { log, notice } = this.#deps;
    const { file } = this.#config.rules;
    this.#desk.setRules(rules);
    const count = rules.filter(({ place }) => place.startsWith(file)).length;
    log.info({ rules: rules.length, ofFile: file === '' ? 0 : count }, 'rules hold');
    if (this.#isTold) notice(`the rules of ${file} were read anew: ${count === 1 ? 'one rule' : `${count} rules`}`);
    this.#isTold ||= this.#file.state()?.readAt !== undefined;
  }

  /** A defect here must not end an agent that finds what is wrong. */
  #look(): void {
    const { clock, log, state, events, isCatchingUp } = this.#deps;
    const { enabled: isMeshed } = this.#config.mesh;
    const startedMs = clock.monotonic();
    try {
      if (isCatchingUp()) this.#since = clock.now();
      const cluster = state();
      this.#checks = checksState(cluster, { isMeshed, since: this.#since });
      this.#judge = events === undefined ? firstPresent(cluster, isMeshed) : events.judge();
      if (this.#isFileRead || startedMs - this.#startedMs >= FILE_MS) this.#desk.look();
      this.#fault = '';
    } catch (error) {
      const fault = messageOf(error);
      if (fault !== this.#fault) log.error({ err: fault }, 'rules are not looked after');
      this.#fault = fault;
    }
    this.#spentMs += clock.monotonic() - startedMs;
  }
}
