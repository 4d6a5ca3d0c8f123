/** What is said of a member, by those whose word counts. */
import { type Testimony, isReachable } from '../../model/member.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { TestimonyBook } from './testimony.ts';

/**
 * Since when the first of those who do not reach a member has not reached it, monotonic ms, as far as reports say so.
 * Also of those whose word decides nothing yet: they were there before.
 */
export function downSince(
  subject: string,
  book: TestimonyBook,
  neighbourhood: Pick<Neighbourhood, 'component'>,
): number | undefined {
  if (!book.isDoubted(subject)) return undefined;
  const component = neighbourhood.component();
  const since = [...book.about(subject)]
    .filter(([author, state]) => component.has(author) && !isReachable(state))
    .flatMap(([author]) => book.since(author, subject) ?? []);
  return since.length === 0 ? undefined : Math.min(...since);
}

/**
 * What the observers of a member say. An observer that has not probed it yet, because it has just taken over from a
 * dead one, has nothing to say: on each ring the first member of my component that states an edge stands in for it, so
 * that half of a cluster may die at once and the other half still knows in time.
 */
export function testimonyAbout(
  subject: string,
  book: TestimonyBook,
  neighbourhood: Pick<Neighbourhood, 'component' | 'isTrusted' | 'rings'>,
  nowMs: number,
): readonly Testimony[] {
  // Nobody doubts it, as nearly always: who says so is not worth the search.
  if (!book.isDoubted(subject)) return [];
  const about = book.about(subject);
  const component = neighbourhood.component();
  const heard = [...about].filter(
    ([author, state]) => component.has(author) && (isReachable(state) || neighbourhood.isTrusted(author, nowMs)),
  );
  if (heard.every(([, state]) => isReachable(state))) return [];
  const authors = heard.map(([author]) => author);
  return neighbourhood
    .rings()
    .observers(subject, authors)
    .flatMap((observer) => {
      const state = about.get(observer);
      return state === undefined ? [] : { observer, state };
    });
}
