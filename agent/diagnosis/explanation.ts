/** What one line of the table of causes and consequences is made of. */
import { type Draft, nodesOf } from './rule.ts';

export interface Explanation {
  readonly cause: string;
  readonly consequence: string;
  /**
   * How the nodes of the two must relate.
   * - `same node`: both are about one node
   * - `member of`: a node of the consequence is among the nodes of the cause
   * - `anywhere`: the cause is about the whole cluster
   * - `path`: an end of the path that the consequence is about is among the nodes of the cause
   */
  readonly relation: 'same node' | 'member of' | 'path' | 'anywhere';
  /** Why the one follows from the other. */
  readonly why: string;
  /** Holds when the consequence's own evidence names this cause. */
  readonly predicate: (consequence: Draft, cause: Draft) => boolean;
  /** The consequence begins at most so many ms before the cause was noticed, … */
  readonly leadMs: number;
  /** … and at most so many ms after it. */
  readonly lagMs: number;
}

/** Holds where the consequence's evidence says so. */
export const says =
  (pattern: RegExp) =>
  (consequence: Draft): boolean =>
    consequence.evidence.some((line) => pattern.test(line));

/** True when all nodes of the consequence are among those of the cause. */
export const isWithin = (consequence: Draft, cause: Draft): boolean => {
  const nodes = new Set(nodesOf(cause));
  return nodesOf(consequence).every((node) => nodes.has(node));
};

/** The relation itself says it all. */
export const always = (): boolean => true;
