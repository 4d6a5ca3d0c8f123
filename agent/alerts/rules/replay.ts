/** Rules tried on what was: the same engine on the time of then, to find the numbers that one wants. */
import type { RuleSource } from '../../model/rule-alert.ts';
import { createRuleEngine } from './engine.ts';
import { LOOK_MS, type JudgedAlert, type Observation, type Rule, type SourceState } from './types.ts';

export interface Past {
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Those of each source, and how far they are all that there was; a source that is not there has no history. */
  readonly sources: Readonly<Partial<Record<RuleSource, PastSource>>>;
}

export interface PastSource {
  readonly observations: readonly Observation[];
  readonly state: SourceState;
}

/** How often there was something within the time of the rule. */
export interface Extreme {
  readonly count: number;
  /** For people; empty: the rule has no key. */
  readonly key: string;
}

export interface Tried {
  readonly rule: Rule;
  /** It looks at something of which there is a history. */
  readonly hasPast: boolean;
  /** Each time that people would have been told, oldest first; at most {@link MAX_TELLINGS}. */
  readonly tellings: readonly JudgedAlert[];
  /** How often people would have been told. */
  readonly told: number;
  /** How often it began to fire with people being told. */
  readonly alerts: number;
  /** It was told so often in the hour in which it was told most. */
  readonly mostInAnHour: number;
  /** Of `flatline` the least, else the most; undefined: nothing was counted. */
  readonly extreme: Extreme | undefined;
  /** At the end. */
  readonly isFiring: boolean;
}

const MAX_TELLINGS = 1000;
const HOUR_MS = 3_600_000;

export function replay(rules: readonly Rule[], { from, to, sources }: Past): readonly Tried[] {
  const time = { at: from };
  const notes = new Map(rules.map((rule) => [rule.name, createNote(rule)]));
  const engine = createRuleEngine({
    clock: { now: () => time.at, monotonic: () => time.at - from },
    source: (source) => sources[source]?.state ?? { why: `there is no history of ${source}` },
    onTold: (alert) => notes.get(alert.rule)?.tell(alert, time.at),
    onCount: (rule, key, count) => notes.get(rule.name)?.count(key, count),
  });
  engine.setRules(rules);
  const all = Object.values(sources)
    .flatMap(({ observations }) => observations)
    .filter(({ at }) => at >= from && at <= to)
    .toSorted((a, b) => a.at - b.at);
  let next = 0;
  while (time.at < to) {
    const until = Math.min(to, time.at + LOOK_MS);
    for (let seen = all[next]; seen !== undefined && seen.at <= until; seen = all[next]) {
      time.at = Math.max(time.at, seen.at);
      engine.take([seen]);
      next += 1;
    }
    time.at = until;
    engine.look();
  }
  const firing = new Set(engine.states().flatMap((state) => (state.firing > 0 ? [state.name] : [])));
  return rules.map((rule) => ({
    rule,
    hasPast: sources[rule.source] !== undefined,
    isFiring: firing.has(rule.name),
    ...(notes.get(rule.name) ?? createNote(rule)).result(),
  }));
}

function createNote({ type }: Rule) {
  const tellings: JudgedAlert[] = [];
  const at: number[] = [];
  const began = new Set<string>();
  let extreme: Extreme | undefined;
  return {
    tell(alert: JudgedAlert, toldAt: number): void {
      at.push(toldAt);
      began.add(`${alert.fingerprint} ${alert.since}`);
      if (tellings.length < MAX_TELLINGS) tellings.push({ ...alert, lastAt: toldAt });
    },
    count(key: string, count: number): void {
      const isFurther = extreme === undefined || (type === 'flatline' ? count < extreme.count : count > extreme.count);
      if (isFurther) extreme = { count, key };
    },
    result: () => ({ tellings, told: at.length, alerts: began.size, mostInAnHour: mostWithin(at, HOUR_MS), extreme }),
  };
}

/** @param at ascending */
function mostWithin(at: readonly number[], spanMs: number): number {
  let [most, first] = [0, 0];
  for (const [index, instant] of at.entries()) {
    while (instant - (at[first] ?? instant) >= spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
