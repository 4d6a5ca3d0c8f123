/** What is stated of keys that have no name yet: a node's first report may come before its claim of a name. */
import type { EdgeState } from '../../model/member.ts';
import { type StatementOrder, isLater } from '../membership/testimony.ts';

export interface Statement {
  /** Prefix of the key of who states it: its name may be another agent's by the time that this counts. */
  readonly by: string;
  readonly order: StatementOrder;
  /** When it was stated; monotonic ms. */
  readonly saidAtMs: number;
  /** Absent: it is withdrawn. */
  readonly state?: EdgeState;
}

export interface Unresolved {
  /** Keeps the latest statement of each author. */
  keep(prefix: string, statement: Statement): void;
  /** What was stated of this key so far. */
  about(prefix: string): Iterable<Statement>;
  /** What was stated of this key; it is not kept any longer. */
  take(prefix: string): readonly Statement[];
  readonly count: () => number;
}

/** Of keys that never get a name, because their agents lost it to others, there are a few. */
const MAX_KEYS = 256;

export function createUnresolved(): Unresolved {
  const about = new Map<string, Map<string, Statement>>();
  return {
    keep(prefix, statement) {
      const authors = about.get(prefix) ?? new Map<string, Statement>();
      const known = authors.get(statement.by);
      if (known !== undefined && !isLater(statement.order, known.order)) return;
      authors.set(statement.by, statement);
      about.set(prefix, authors);
      const oldest = about.size > MAX_KEYS ? about.keys().next().value : undefined;
      if (oldest !== undefined) about.delete(oldest);
    },
    about: (prefix) => about.get(prefix)?.values() ?? [],
    take(prefix) {
      const statements = [...(about.get(prefix)?.values() ?? [])];
      about.delete(prefix);
      return statements;
    },
    count: () => about.values().reduce((sum, statements) => sum + statements.size, 0),
  };
}
