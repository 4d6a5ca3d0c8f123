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
  /** Holds when the consequence's own evidence names this cause: see {@link wordsOf}. */
  readonly predicate: (consequence: Draft, cause: Draft) => boolean;
  /** The consequence begins at most so many ms before the cause was noticed, … */
  readonly leadMs: number;
  /** … and at most so many ms after it. */
  readonly lagMs: number;
}

/** `apiserver on m1: …`, as all evidence begins that a check or a store wrote. */
const AUTHOR = /^\S+ on (\S+): /;

/**
 * What the nodes that it is about wrote of themselves. Of one that is silent: what others wrote of it. Neither is what a person
 * gave as a reason for working there, nor what others add about one that speaks: nobody explains the trouble of another.
 */
export function wordsOf(draft: Draft): { readonly own: boolean; readonly words: readonly string[] } {
  const nodes = new Set(nodesOf(draft));
  const written = draft.evidence.flatMap((line) => {
    const [start = '', node = ''] = AUTHOR.exec(line) ?? [];
    return node === '' ? [] : [{ own: nodes.has(node), words: line.slice(start.length) }];
  });
  const own = written.some((one) => one.own);
  return { own, words: written.filter((one) => one.own === own).map(({ words }) => words) };
}

/** Holds where the consequence's own words say so; of a silent node, where all who speak of it do. */
export const says =
  (pattern: RegExp) =>
  (consequence: Draft): boolean => {
    const { own, words } = wordsOf(consequence);
    const isSaid = (text: string): boolean => pattern.test(text);
    return own ? words.some(isSaid) : words.length > 0 && words.every(isSaid);
  };

/** Of DNS that fails. A cache on the node itself has an address of its own: link-local, as of NodeLocal DNSCache. */
export const byService = (draft: Draft): boolean =>
  !wordsOf(draft).words.some((line) => /\b169\.254\.|\bfe80:/.test(line));

/** True when all nodes of the consequence are among those of the cause. */
export const isWithin = (consequence: Draft, cause: Draft): boolean => {
  const nodes = nodeSetOf(cause);
  return nodesOf(consequence).every((node) => nodes.has(node));
};

/** One cause may be about half a cluster, and each of a thousand drafts asks it. */
const nodeSets = new WeakMap<Draft, ReadonlySet<string>>();

function nodeSetOf(draft: Draft): ReadonlySet<string> {
  const nodes = nodeSets.get(draft) ?? new Set(nodesOf(draft));
  nodeSets.set(draft, nodes);
  return nodes;
}

/** The relation itself says it all. */
export const always = (): boolean => true;
