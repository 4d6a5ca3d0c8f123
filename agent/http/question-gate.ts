/** Questions that other agents have to answer, within bounds: so many at once, so long. */
import type { Clock } from '../base/clock.ts';
import { HttpError } from './errors.ts';

/** @throws {HttpError} 503 when too many are asked, or the answer does not come */
export type AskOthers = <Value>(question: () => Promise<Value>) => Promise<Value>;

/** Under way at once: each costs other agents something. */
const MAX_QUESTIONS = 8;
/** Whoever answers has bounds of its own; this is for what does not keep them. */
const ANSWER_WITHIN_MS = 8000;

export function createQuestionGate(clock: Pick<Clock, 'sleep'>): AskOthers {
  let open = 0;
  return async (question) => {
    if (open >= MAX_QUESTIONS) throw new HttpError(503, 'Too many ask for events at once; ask again in a moment.');
    open += 1;
    // Who does not wait any more still costs them something.
    const asked = question()
      .finally(() => {
        open -= 1;
      })
      .then((value) => ({ value }));
    const bound = new AbortController();
    try {
      const late = clock.sleep(ANSWER_WITHIN_MS, bound.signal).then(() => undefined);
      const answer = await Promise.race([asked, late]);
      if (answer === undefined) throw new HttpError(503, 'Nobody came back with events in time; ask another agent.');
      return answer.value;
    } finally {
      bound.abort();
    }
  };
}
