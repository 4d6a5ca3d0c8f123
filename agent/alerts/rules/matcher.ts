/**
 * Which rules an observation is for. Rules are found by a fact that they ask for, so that those about something else cost
 * nothing; of those that are left what is cheap is asked first, and patterns only where everything else holds.
 */
import type { RuleSource } from '../../model/rule-alert.ts';
import type { PatternBook } from './pattern.ts';
import type { Facts, Matcher, Rule } from './types.ts';

/** Those that tell most apart first. */
const TELLING = ['reason', 'check', 'watch', 'name', 'object', 'workload', 'kind', 'component', 'namespace', 'type'];

/** - `unknown`: a pattern could not be tried */
export type Fit = 'yes' | 'no' | 'unknown';

export interface Compiled<T> {
  readonly item: T;
  readonly fits: (facts: Facts) => Fit;
}

export interface MatcherIndex<T> {
  /** Calls with all that may be for it; `fits` of each tells. */
  candidates(source: RuleSource, facts: Facts, visit: (candidate: Compiled<T>) => void): void;
}

interface Shelf<T> {
  /** Field → text → what asks for it. */
  readonly byField: Map<string, Map<string, Compiled<T>[]>>;
  readonly rest: Compiled<T>[];
}

export function createIndex<T>(items: readonly T[], ruleOf: (item: T) => Rule, patterns: PatternBook): MatcherIndex<T> {
  const shelves = new Map<string, Shelf<T>>();
  for (const item of items) {
    const { source, matcher } = ruleOf(item);
    const shelf: Shelf<T> = shelves.get(source) ?? { byField: new Map(), rest: [] };
    shelves.set(source, shelf);
    const compiled = { item, fits: compile(matcher, patterns) };
    const anchor = anchorOf(matcher);
    if (anchor === undefined) shelf.rest.push(compiled);
    else {
      const [field, texts] = anchor;
      const byText = shelf.byField.get(field) ?? new Map<string, Compiled<T>[]>();
      shelf.byField.set(field, byText);
      for (const text of new Set(texts)) byText.set(text, [...(byText.get(text) ?? []), compiled]);
    }
  }
  return {
    candidates(source, facts, visit) {
      const shelf = shelves.get(source);
      if (shelf === undefined) return;
      for (const [field, byText] of shelf.byField) byText.get(facts[field] ?? '')?.forEach(visit);
      shelf.rest.forEach(visit);
    },
  };
}

function anchorOf({ is }: Matcher): Matcher['is'][number] | undefined {
  const rankOf = (field: string): number => {
    const rank = TELLING.indexOf(field);
    return rank === -1 ? TELLING.length : rank;
  };
  return is.toSorted(([a], [b]) => rankOf(a) - rankOf(b))[0];
}

function compile({ is, isNot, has, hasNot }: Matcher, patterns: PatternBook): (facts: Facts) => Fit {
  const setsOf = (conditions: Matcher['is']) => conditions.map(([field, texts]) => ({ field, texts: new Set(texts) }));
  const [wanted, unwanted] = [setsOf(is), setsOf(isNot)];
  const patternsOf = (conditions: Matcher['has']) =>
    conditions.map(({ field, source }) => ({ field, pattern: patterns.add(source) }));
  const [found, missing] = [patternsOf(has), patternsOf(hasNot)];
  return (facts) => {
    for (const { field, texts } of wanted) if (!texts.has(facts[field] ?? '')) return 'no';
    for (const { field, texts } of unwanted) if (texts.has(facts[field] ?? '')) return 'no';
    let isKnown = true;
    for (const { field, pattern } of found) {
      const isFound = patterns.test(pattern, facts[field] ?? '');
      if (isFound === false) return 'no';
      isKnown &&= isFound !== undefined;
    }
    for (const { field, pattern } of missing) {
      const isFound = patterns.test(pattern, facts[field] ?? '');
      if (isFound === true) return 'no';
      isKnown &&= isFound !== undefined;
    }
    return isKnown ? 'yes' : 'unknown';
  };
}
