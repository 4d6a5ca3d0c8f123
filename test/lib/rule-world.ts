/** Several agents' rules in virtual time: one board, events that all of them hear of, cuts and deaths. */
import { createLog } from '../../agent/base/log.ts';
import { createRuleDesk, type RuleDesk } from '../../agent/alerts/rule-desk/desk.ts';
import { createLogScope } from '../../agent/alerts/rule-desk/log-scope.ts';
import type { ClusterSource } from '../../agent/alerts/rule-desk/source.ts';
import { createRuleEngine } from '../../agent/alerts/rules/engine.ts';
import type { Observation, Rule } from '../../agent/alerts/rules/types.ts';
import { compileTemplate } from '../../agent/alerts/template.ts';
import type { FollowedLogs, MatchedLines } from '../../agent/model/log-lines.ts';
import { FakeBoards } from './fake-boards.ts';
import { type FakeClock, createFakeClock } from './fake-clock.ts';

/** A rule for five events within five minutes of one object, told every five minutes at first and every hour at last. */
export function aRule(change: Partial<Rule> = {}): Rule {
  const { name = 'busy', type = 'frequency' } = change;
  const made = compileTemplate('{{object}}: {{reason}}, {{count}} times', ['object', 'reason', 'count']);
  if ('mistake' in made) throw new Error(made.mistake);
  return {
    name,
    type,
    source: 'events',
    matcher: { is: [], isNot: [], has: [], hasNot: [] },
    queryKey: ['object'],
    timeframeMs: 300_000,
    ...(type === 'frequency' && { numEvents: 5 }),
    ...(type === 'flatline' && { threshold: 1 }),
    realertMs: 300_000,
    exponentialRealertMs: 3_600_000,
    keepFiringMs: 300_000,
    severity: 'warning',
    receivers: [],
    sentence: made.template,
    place: 'built in',
    digest: `${name}${type}`.padEnd(16, '0'),
    ...change,
  };
}

interface Life {
  isOver: boolean;
}

export interface RuleAgent {
  readonly desk: RuleDesk;
  readonly startedMs: number;
  /** What is found in its logs. */
  readonly lines: MatchedLines[];
  logs: FollowedLogs;
}

export interface RuleWorldOptions {
  readonly names: readonly string[];
  readonly rules: readonly Rule[];
  /** How long it takes until what happened can be read again. */
  readonly replayMs?: () => number;
}

/** Of those that are there, the first by name judges. */
export class RuleWorld {
  readonly clock: FakeClock = createFakeClock();
  readonly boards = new FakeBoards(this.clock);
  readonly agents = new Map<string, RuleAgent>();
  /** Nobody can read what happens. */
  isBlind = false;
  /** Who judges, as an agent has it. */
  judge = (name: string): string | undefined => this.judgeFor(name);
  readonly #options: RuleWorldOptions;
  readonly #happened: Observation[] = [];
  readonly #listeners = new Map<string, Set<(observations: readonly Observation[]) => void>>();
  readonly #lives = new Map<string, Life>();
  #blindUntil: number;

  constructor(options: RuleWorldOptions) {
    this.#options = options;
    this.#blindUntil = this.clock.now() - 3_600_000;
    for (const name of options.names) this.start(name);
    this.clock.every(1000, () => {
      for (const { desk } of this.agents.values()) desk.look();
    });
  }

  agent(name: string): RuleAgent {
    const found = this.agents.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  }

  start(name: string, rules = this.#options.rules): RuleAgent {
    const life = { isOver: false };
    this.#lives.set(name, life);
    this.boards.start(name);
    const startedMs = this.clock.monotonic();
    const lines: MatchedLines[] = [];
    const listeners = new Set<(observations: readonly Observation[]) => void>();
    this.#listeners.set(name, listeners);
    const source = (wanted: Observation['source']): ClusterSource => ({
      follow: (listener) => {
        const those = (all: readonly Observation[]): void => listener(all.filter((one) => one.source === wanted));
        listeners.add(those);
        return () => listeners.delete(those);
      },
      state: () => (this.isBlind ? { why: 'nobody may read the events' } : { completeSince: this.#blindUntil }),
      replay: async (from) => {
        await this.clock.sleep(this.#options.replayMs?.() ?? 500);
        const observations = this.#happened.filter((one) => one.source === wanted && one.at >= from);
        return { observations, ...(!this.isBlind && { from }) };
      },
    });
    const agent: RuleAgent = {
      startedMs,
      lines,
      logs: { kind: 'none', why: 'no log is followed' },
      desk: createRuleDesk({
        self: name,
        clock: this.clock,
        log: createLog('silent', name),
        board: this.boards.boardOf(name, () => life.isOver),
        createEngine: createRuleEngine,
        logs: createLogScope({
          self: name,
          clock: this.clock,
          lines: { take: () => lines.splice(0), followed: () => agent.logs },
          watches: new Set(['errors']),
        }),
        sources: { events: source('events'), checks: source('checks') },
        judge: () => (this.clock.monotonic() - startedMs < 2000 ? undefined : this.judge(name)),
      }),
    };
    agent.desk.setRules(rules);
    this.agents.set(name, agent);
    return agent;
  }

  kill(name: string): void {
    const life = this.#lives.get(name);
    if (life !== undefined) life.isOver = true;
    this.boards.stop(name);
    this.agents.delete(name);
    this.#listeners.delete(name);
  }

  judgeFor(name: string): string | undefined {
    return this.#options.names.filter((other) => this.boards.isPresent(name, other)).sort()[0];
  }

  /** All agents hear of it, as from the Kubernetes API. */
  happen(object: string, reason = 'BackOff', count = 1): void {
    const at = this.clock.now();
    const seen: Observation = {
      source: 'events',
      at,
      count,
      id: `${object}/${this.#happened.length}`,
      nodes: ['node-1'],
      facts: { object, reason },
    };
    this.#happened.push(seen);
    if (this.isBlind) return;
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener([seen]);
  }

  blind(isBlind: boolean): void {
    this.isBlind = isBlind;
    if (!isBlind) this.#blindUntil = this.clock.now();
  }
}
