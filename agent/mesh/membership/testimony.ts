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

/** What an author says of a subject. */
export interface Statement {
  readonly author: string;
  readonly state: EdgeState;
  /** Since when the subject is not good, as far as the author says so, monotonic ms. */
  readonly sinceMs: number | undefined;
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
  /**
   * One edge changed; undefined withdraws it.
   *
   * @param saidAtMs when the author said so, monotonic ms
   */
  change(
    author: string,
    order: StatementOrder,
    subject: string,
    state: EdgeState | undefined,
    saidAtMs?: number,
  ): readonly string[];
  /** Subject → state, of all that an author states. */
  statedBy(author: string): ReadonlyMap<string, EdgeState>;
  /** What all say who state an edge to the subject. */
  about(subject: string): readonly Statement[];
  /** True when anybody states anything but good of it. */
  isDoubted(subject: string): boolean;
  /** What this author said is history. What it says later counts. */
  withdraw(author: string): void;
  /** Drops all that this author said, and that it said anything. */
  forget(author: string): void;
}

const NOTHING: ReadonlyMap<string, EdgeState> = new Map();
const NONE: readonly never[] = [];

interface Stated {
  /** Undefined: it was withdrawn. */
  readonly state: EdgeState | undefined;
  readonly order: StatementOrder;
}

interface Author {
  readonly name: string;
  /** What it says of nearly all: one object for all of them. */
  readonly good: Statement;
  /** Of its last report. */
  reported: StatementOrder | undefined;
  /** Subject → state. */
  readonly edges: Map<string, EdgeState>;
  /** All but the good edges of the last report: nearly always there is none. */
  special: Map<string, Stated> | undefined;
}

export function createTestimonyBook(): TestimonyBook {
  const authors = new Map<string, Author>();
  /** Lists, which take a third of the memory of Maps, and are read for every member when half of them are lost. */
  const bySubject = new Map<string, readonly Statement[]>();
  const doubts = new Map<string, number>();

  const doubt = (subject: string, by: 1 | -1): void => {
    const count = (doubts.get(subject) ?? 0) + by;
    if (count > 0) doubts.set(subject, count);
    else doubts.delete(subject);
  };
  const authorOf = (name: string): Author => {
    const known = authors.get(name);
    if (known !== undefined) return known;
    const good: Statement = { author: name, state: 'good', sinceMs: undefined };
    const author: Author = { name, good, reported: undefined, edges: new Map(), special: undefined };
    authors.set(name, author);
    return author;
  };
  const list = (subject: string, author: string, statement: Statement | undefined): void => {
    const others = (bySubject.get(subject) ?? NONE).filter((one) => one.author !== author);
    if (statement !== undefined) others.push(statement);
    if (others.length > 0) bySubject.set(subject, others);
    else bySubject.delete(subject);
  };
  const put = (
    { name, good, edges }: Author,
    subject: string,
    state: EdgeState | undefined,
    sinceMs?: number,
  ): readonly string[] => {
    const before = edges.get(subject);
    if (before === state && (state === undefined || state === 'good')) return NONE;
    list(subject, name, state === undefined ? undefined : state === 'good' ? good : { author: name, state, sinceMs });
    if (before === state) return NONE;
    if (before !== undefined && before !== 'good') doubt(subject, -1);
    if (state !== undefined && state !== 'good') doubt(subject, 1);
    if (state === undefined) edges.delete(subject);
    else edges.set(subject, state);
    return [subject];
  };
  const note = (author: Author, subject: string, said: Stated): void => {
    author.special = (author.special ?? new Map<string, Stated>()).set(subject, said);
  };
  return {
    report(name, order, edges, since) {
      const author = authorOf(name);
      if (author.reported !== undefined && !isLater(order, author.reported)) return NONE;
      const isOlder = (subject: string): boolean => {
        const said = author.special?.get(subject);
        return said === undefined || isLater(order, said.order);
      };
      const known = new Set([...author.edges.keys(), ...(author.special?.keys() ?? [])]);
      const withdrawn = [...known].filter((subject) => !edges.has(subject) && isOlder(subject));
      for (const subject of withdrawn) author.special?.delete(subject);
      const stated = [...edges].filter(([subject]) => isOlder(subject));
      for (const [subject, state] of stated) {
        // Nobody asks since when an edge is good, and its order is the report's.
        if (state === 'good') author.special?.delete(subject);
        else note(author, subject, { state, order });
      }
      if (author.special?.size === 0) author.special = undefined;
      author.reported = order;
      return [
        ...withdrawn.flatMap((subject) => put(author, subject, undefined)),
        ...stated.flatMap(([subject, state]) => put(author, subject, state, since?.get(subject))),
      ];
    },
    change(name, order, subject, state, saidAtMs) {
      const author = authorOf(name);
      const last = author.special?.get(subject)?.order ?? author.reported;
      const isNews = [last, author.reported].every((known) => known === undefined || isLater(order, known));
      if (!isNews) return NONE;
      note(author, subject, { state, order });
      return put(author, subject, state, saidAtMs);
    },
    statedBy: (name) => authors.get(name)?.edges ?? NOTHING,
    about: (subject) => bySubject.get(subject) ?? NONE,
    isDoubted: (subject) => doubts.has(subject),
    withdraw(name) {
      const author = authors.get(name);
      if (author === undefined) return;
      for (const subject of author.edges.keys()) put(author, subject, undefined);
      for (const [subject, { order }] of author.special ?? []) note(author, subject, { state: undefined, order });
    },
    forget(name) {
      const author = authors.get(name);
      if (author !== undefined) for (const subject of author.edges.keys()) put(author, subject, undefined);
      authors.delete(name);
    },
  };
}

/** Order per author is (boot, sequence, event). */
export function isLater(one: StatementOrder, other: StatementOrder): boolean {
  if (one.boot !== other.boot) return one.boot > other.boot;
  if (one.sequence !== other.sequence) return one.sequence > other.sequence;
  return one.event > other.event;
}
