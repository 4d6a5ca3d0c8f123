/** What every member states of others: the newest word of each author on each subject. */
import type { EdgeState } from '../../model/member.ts';

/**
 * Where a statement stands among its author's others. A report has `event` 0; an edge event carries the boot and the
 * sequence of its author's last report and counts up from 1. So an event corrects the reports it knew of, and every later
 * report replaces it. Clocks play no part.
 */
export interface StatementOrder {
  readonly boot: number;
  readonly sequence: number;
  readonly event: number;
}

/** What a statement did: nothing, changed an edge, or changed at least one to `lost`. */
export type StatementEffect = 'none' | 'changed' | 'lost';

export interface TestimonyBook {
  /** A whole report: edges that it does not name are withdrawn. */
  report(author: string, order: StatementOrder, edges: ReadonlyMap<string, EdgeState>): StatementEffect;
  /** One edge changed; undefined withdraws it. */
  change(author: string, order: StatementOrder, subject: string, state: EdgeState | undefined): StatementEffect;
  /** Subject → state, of all that an author states. */
  statedBy(author: string): ReadonlyMap<string, EdgeState>;
  /** Author → state, of all who state an edge to the subject. */
  about(subject: string): ReadonlyMap<string, EdgeState>;
  /** True when anybody states anything but good of it. */
  isDoubted(subject: string): boolean;
  /** Drops all that this author said. */
  forget(author: string): void;
}

const NOTHING: ReadonlyMap<string, EdgeState> = new Map();
interface Stated {
  readonly state: EdgeState | undefined;
  readonly order: StatementOrder;
}

export function createTestimonyBook(): TestimonyBook {
  const byAuthor = new Map<string, Map<string, Stated>>();
  const stated = new Map<string, Map<string, EdgeState>>();
  const reported = new Map<string, StatementOrder>();
  const bySubject = new Map<string, Map<string, EdgeState>>();
  const doubts = new Map<string, number>();

  const doubt = (subject: string, by: 1 | -1): void => {
    const count = (doubts.get(subject) ?? 0) + by;
    if (count > 0) doubts.set(subject, count);
    else doubts.delete(subject);
  };
  const put = (author: string, subject: string, state: EdgeState | undefined): StatementEffect => {
    const authors = bySubject.get(subject) ?? new Map<string, EdgeState>();
    const before = authors.get(author);
    if (before === state) return 'none';
    if (before !== undefined && before !== 'good') doubt(subject, -1);
    if (state !== undefined && state !== 'good') doubt(subject, 1);
    if (state === undefined) authors.delete(author);
    else authors.set(author, state);
    const edges = stated.get(author) ?? new Map<string, EdgeState>();
    stated.set(author, edges);
    if (state === undefined) edges.delete(subject);
    else edges.set(subject, state);
    if (authors.size > 0) bySubject.set(subject, authors);
    else bySubject.delete(subject);
    return state === 'lost' ? 'lost' : 'changed';
  };
  const set = (
    author: string,
    order: StatementOrder,
    subject: string,
    state: EdgeState | undefined,
  ): StatementEffect => {
    const edges = byAuthor.get(author) ?? new Map<string, Stated>();
    byAuthor.set(author, edges);
    const known = edges.get(subject);
    if (known !== undefined && !isLater(order, known.order)) return 'none';
    edges.set(subject, { state, order });
    return put(author, subject, state);
  };
  return {
    report(author, order, edges) {
      const last = reported.get(author);
      if (last !== undefined && !isLater(order, last)) return 'none';
      reported.set(author, order);
      let effect: StatementEffect = 'none';
      for (const [subject, known] of byAuthor.get(author) ?? []) {
        if (edges.has(subject) || !isLater(order, known.order)) continue;
        byAuthor.get(author)?.delete(subject);
        effect = stronger(effect, put(author, subject, undefined));
      }
      for (const [subject, state] of edges) effect = stronger(effect, set(author, order, subject, state));
      return effect;
    },
    change(author, order, subject, state) {
      const last = reported.get(author);
      if (last !== undefined && !isLater(order, last)) return 'none';
      return set(author, order, subject, state);
    },
    statedBy: (author) => stated.get(author) ?? NOTHING,
    about: (subject) => bySubject.get(subject) ?? NOTHING,
    isDoubted: (subject) => doubts.has(subject),
    forget(author) {
      for (const subject of byAuthor.get(author)?.keys() ?? []) put(author, subject, undefined);
      byAuthor.delete(author);
      stated.delete(author);
      reported.delete(author);
    },
  };
}

/** Order per author is (boot, sequence, event). */
export function isLater(one: StatementOrder, other: StatementOrder): boolean {
  if (one.boot !== other.boot) return one.boot > other.boot;
  if (one.sequence !== other.sequence) return one.sequence > other.sequence;
  return one.event > other.event;
}

const EFFECTS: readonly StatementEffect[] = ['none', 'changed', 'lost'];

const stronger = (one: StatementEffect, other: StatementEffect): StatementEffect =>
  EFFECTS.indexOf(one) >= EFFECTS.indexOf(other) ? one : other;
