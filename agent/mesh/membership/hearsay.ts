/** What is said of a member, by those whose word counts. */
import { type Testimony, isReachable } from '../../model/member.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { Statement, TestimonyBook } from './testimony.ts';

export interface Hearsay {
  /**
   * What the observers of a member say. An observer that has not probed it yet, because it has just taken over from a
   * dead one, has nothing to say: on each ring the first member of my component that states an edge stands in for it, so
   * that half of a cluster may die at once and the other half still knows in time.
   */
  readonly testimony: readonly Testimony[];
  /**
   * Since when the first of those who do not reach a member has not reached it, monotonic ms, as far as they say so.
   * Also of those whose word decides nothing yet: they were there before.
   */
  readonly downSinceMs: number | undefined;
}

type Hearers = Pick<Neighbourhood, 'component' | 'isTrusted' | 'isHistory' | 'rings'>;

const NOTHING: Hearsay = { testimony: [], downSinceMs: undefined };

export function hearsayOf(subject: string, book: TestimonyBook, neighbourhood: Hearers, nowMs: number): Hearsay {
  // Nobody doubts it, as nearly always: who says so is not worth the search.
  if (!book.isDoubted(subject)) return NOTHING;
  const component = neighbourhood.component();
  const about = book.about(subject);
  const inside = about.filter(({ author }) => component.has(author));
  const heard = inside.filter(
    (statement) => isReachable(statement.state) || isHeard(statement, subject, neighbourhood, nowMs),
  );
  const isFine = heard.every(({ state }) => isReachable(state));
  return {
    testimony: isFine ? [] : testimonyOf(subject, heard, neighbourhood),
    downSinceMs: downSince(inside),
  };
}

/** Whether what an author says against a member counts. */
export function isHeard(statement: Statement, subject: string, neighbourhood: Hearers, nowMs: number): boolean {
  return neighbourhood.isTrusted(statement.author, nowMs) && !neighbourhood.isHistory(statement, subject, nowMs);
}

function testimonyOf(subject: string, heard: readonly Statement[], { rings }: Hearers): readonly Testimony[] {
  const authors = heard.map(({ author }) => author);
  return rings()
    .observers(subject, authors)
    .flatMap((observer) => {
      const state = heard.find(({ author }) => author === observer)?.state;
      return state === undefined ? [] : { observer, state };
    });
}

function downSince(inside: readonly Statement[]): number | undefined {
  const since = inside.flatMap(({ state, sinceMs }) => (isReachable(state) ? [] : (sinceMs ?? [])));
  return since.length === 0 ? undefined : Math.min(...since);
}
