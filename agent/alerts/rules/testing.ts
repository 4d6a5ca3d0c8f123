/** An engine whose clocks, sources and workloads the tests own. */
import type { RuleSource } from '../../model/rule-alert.ts';
import { createRuleEngine } from './engine.ts';
import { readRules } from './read-rules.ts';
import { type Facts, LOOK_MS, type Observation, type Rule, type SourceState } from './types.ts';

export const MINUTE = 60_000;
export const BEGAN = Date.UTC(2026, 0, 1, 12, 0, 0);

/** One rule of the file, or more; what is wrong with them is thrown. */
export function rulesOf(...settings: readonly object[]): readonly Rule[] {
  const read = readRules(JSON.stringify({ rules: settings }), 'rules.yaml');
  if ('mistakes' in read) throw new Error(read.mistakes.join('\n'));
  return read.rules;
}

export class EngineWorld {
  mono = 1_000_000;
  unix = BEGAN;
  readonly sources: Partial<Record<RuleSource, SourceState>> = {};
  /** Why silence says nothing, by the workload of logs, and by the node of the rest. */
  readonly idle = new Map<string, string>();
  /** Workloads of which nothing runs. */
  readonly gone = new Set<string>();
  readonly engine = createRuleEngine({
    clock: { now: () => this.unix, monotonic: () => this.mono },
    source: (source) => this.sources[source] ?? { completeSince: BEGAN },
    idle: ({ source }, { workload = '', node = '' }) => this.idle.get(source === 'logs' ? workload : node),
    isGone: (_, { workload = '' }) => this.gone.has(workload),
  });

  constructor(...settings: readonly object[]) {
    this.engine.setRules(rulesOf(...settings));
  }

  /** Passes so much time, with a look at least as often as it needs. */
  pass(durationMs: number): void {
    let left = durationMs;
    while (left > 0) {
      const step = Math.min(LOOK_MS, left);
      this.mono += step;
      this.unix += step;
      left -= step;
      this.engine.look();
    }
  }

  /** @param agoMs how long ago it happened, by the clock of now */
  see(facts: Facts = {}, { agoMs = 0, count = 1, id, source = 'events' }: Seen = {}): void {
    const seen: Observation = {
      source,
      at: this.unix - agoMs,
      count,
      facts,
      nodes: facts['node'] === undefined ? [] : [facts['node']],
      ...(id !== undefined && { id }),
    };
    this.engine.take([seen]);
  }

  /** `key round` of what fires. */
  firing(): readonly string[] {
    return this.engine
      .alerts()
      .filter(({ endedAt }) => endedAt === undefined)
      .map(({ key, round }) => `${key} ${round}`.trim())
      .toSorted();
  }

  rounds(): number {
    return this.engine.alerts()[0]?.round ?? 0;
  }

  state(name?: string): string {
    const state = this.engine.states().find((one) => name === undefined || one.name === name);
    return state?.state ?? '';
  }
}

interface Seen {
  readonly agoMs?: number;
  readonly count?: number;
  readonly id?: string;
  readonly source?: RuleSource;
}
