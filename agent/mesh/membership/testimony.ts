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

/** Both ways to state something return the subjects whose edge is another one now. */
export interface TestimonyBook {
  /**
   * A whole report: edges that it does not name are withdrawn.
   *
   * @param since from when on its edges are as they are, monotonic ms, as far as it says so
   */
  report(
    author: string,
    order: StatementOrder,
    edges: ReadonlyMap<string, EdgeState>,
    since?: ReadonlyMap<string, number>,
  ): readonly string[];
  /** One edge changed; undefined withdraws it. */
  change(author: string, order: StatementOrder, subject: string, state: EdgeState | undefined): readonly string[];
  /** Subject → state, of all that an author states. */
  statedBy(author: string): ReadonlyMap<string, EdgeState>;
  /** Author → state, of all who state an edge to the subject. */
  about(subject: string): ReadonlyMap<string, EdgeState>;
  /** Since when an author's report states that the subject is not good, monotonic ms; undefined: it does not say. */
  since(author: string, subject: string): number | undefined;
  /** True when anybody states anything but good of it. */
  isDoubted(subject: string): boolean;
  /** What this author said is history. What it says later counts. */
  withdraw(author: string): void;
  /** Drops all that this author said, and that it said anything. */
  forget(author: string): void;
}

const NOTHING: ReadonlyMap<string, EdgeState> = new Map();
const NONE: readonly string[] = [];

interface Stated {
  readonly state: EdgeState | undefined;
  readonly order: StatementOrder;
  readonly sinceMs?: number | undefined;
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
  const put = (author: string, subject: string, state: EdgeState | undefined): readonly string[] => {
    const authors = bySubject.get(subject) ?? new Map<string, EdgeState>();
    const before = authors.get(author);
    if (before === state) return NONE;
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
    return [subject];
  };
  const set = (author: string, subject: string, said: Stated): readonly string[] => {
    const edges = byAuthor.get(author) ?? new Map<string, Stated>();
    byAuthor.set(author, edges);
    const known = edges.get(subject);
    if (known !== undefined && !isLater(said.order, known.order)) return NONE;
    edges.set(subject, said);
    return put(author, subject, said.state);
  };
  return {
    report(author, order, edges, since) {
      const last = reported.get(author);
      if (last !== undefined && !isLater(order, last)) return NONE;
      reported.set(author, order);
      const known = byAuthor.get(author) ?? new Map<string, Stated>();
      const withdrawn = [...known].filter(([subject, one]) => !edges.has(subject) && isLater(order, one.order));
      for (const [subject] of withdrawn) known.delete(subject);
      // Nearly all edges are good, and nobody asks since when: one object says so for all of them.
      const good: Stated = { state: 'good', order };
      return [
        ...withdrawn.flatMap(([subject]) => put(author, subject, undefined)),
        ...[...edges].flatMap(([subject, state]) =>
          set(author, subject, state === 'good' ? good : { state, order, sinceMs: since?.get(subject) }),
        ),
      ];
    },
    change(author, order, subject, state) {
      const last = reported.get(author);
      if (last !== undefined && !isLater(order, last)) return NONE;
      return set(author, subject, { state, order });
    },
    statedBy: (author) => stated.get(author) ?? NOTHING,
    about: (subject) => bySubject.get(subject) ?? NOTHING,
    since: (author, subject) => byAuthor.get(author)?.get(subject)?.sinceMs,
    isDoubted: (subject) => doubts.has(subject),
    withdraw(author) {
      const edges = byAuthor.get(author);
      for (const [subject, { order }] of edges ?? []) {
        put(author, subject, undefined);
        edges?.set(subject, { state: undefined, order });
      }
    },
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
