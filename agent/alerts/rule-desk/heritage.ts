/**
 * What was said before by those from whom an engine goes on. It may be of rules that are not known yet, as where their file can be
 * read only later: it is given to them when they are, once.
 */
import type { Clock } from '../../base/clock.ts';
import type { RuleAlert } from '../../model/rule-alert.ts';
import type { Rule, RuleEngine } from '../rules/types.ts';

export interface Said {
  /** Monotonic, ms. */
  readonly madeMs: number;
  readonly items: readonly unknown[];
  readonly alerts: readonly RuleAlert[];
}

export interface Heritage {
  /** To be called when the engine has them. */
  rulesAre(rules: readonly Rule[]): void;
  /** Gives it to the rules that there are. */
  take(node: string, said: Said): void;
}

/** What nobody has judged for so long is history. */
export const OLD_MS = 24 * 3_600_000;
/** So many have judged of late. */
const MOST_NODES = 8;

export function createHeritage(clock: Pick<Clock, 'monotonic'>, engine: Pick<RuleEngine, 'recall'>): Heritage {
  const kept = new Map<string, Said>();
  /** Names of all rules that were there. */
  const known = new Set<string>();
  const give = ({ madeMs, items, alerts }: Said): void =>
    engine.recall(items, Math.max(0, clock.monotonic() - madeMs), alerts);
  return {
    rulesAre(rules) {
      const names = new Set(rules.flatMap(({ name }) => (known.has(name) ? [] : [name])));
      for (const name of names) known.add(name);
      if (names.size === 0) return;
      // What was judged last first: what is known already stays.
      for (const said of [...kept.values()].toSorted((a, b) => b.madeMs - a.madeMs))
        if (clock.monotonic() - said.madeMs <= OLD_MS) give(partOf(said, names));
    },
    take(node, said) {
      kept.delete(node);
      kept.set(node, said);
      for (const first of kept.keys()) if (kept.size > MOST_NODES) kept.delete(first);
      give(said);
    },
  };
}

const partOf = ({ madeMs, items, alerts }: Said, names: ReadonlySet<string>): Said => ({
  madeMs,
  items: items.filter((item) => typeof item === 'object' && item !== null && names.has(ruleOf(item))),
  alerts: alerts.filter(({ rule }) => names.has(rule)),
});

const ruleOf = (item: object): string => ('rule' in item && typeof item.rule === 'string' ? item.rule : '');
