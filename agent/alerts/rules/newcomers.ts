/**
 * Rules that are new, and what happened before they were: that is given to them alone, since the others had it when it happened.
 * What comes meanwhile, or was read again a moment before it is heard of, counts once for them as well.
 */
import type { RuleSource } from '../../model/rule-alert.ts';
import { LATE_MS } from './count-window.ts';
import type { RuleRun } from './run.ts';
import { type TakenIds, createTakenIds } from './taken-ids.ts';

/** Those of one source that came together. */
export interface Newcomers {
  readonly source: RuleSource;
  readonly runs: ReadonlySet<RuleRun>;
  readonly ids: TakenIds;
  /** Monotonic, ms: when they had all that happened before. */
  doneMs?: number;
}

export function newcomersAmong(runs: readonly RuleRun[]): readonly Newcomers[] {
  const bySource = Map.groupBy(runs, ({ rule }) => rule.source);
  return [...bySource].map(([source, those]) => ({ source, runs: new Set(those), ids: createTakenIds() }));
}

/** What was read again may be heard of for so long. */
export const isStillNew = ({ doneMs = Infinity }: Newcomers, nowMs: number): boolean => nowMs < doneMs + LATE_MS;
