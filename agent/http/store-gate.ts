/** Questions to the store within bounds: so many at once, so long. */
import { messageOf } from '../base/errors.ts';
import type { StoreAnswer } from '../model/history.ts';
import { HttpError } from './errors.ts';
import type { HttpDeps } from './options.ts';

/** @throws {HttpError} 503 when the store cannot answer, fails, or does not come back */
export type AskStore = <Value>(question: () => Promise<StoreAnswer<Value>>) => Promise<Value>;

/** Questions under way at once; each may bring megabytes. */
const MAX_QUESTIONS = 8;
/** A little more than the store allows itself. */
const ANSWER_WITHIN_MS = 2500;

export function createStoreGate({ clock }: Pick<HttpDeps, 'clock'>): AskStore {
  let open = 0;
  return async (question) => {
    if (open >= MAX_QUESTIONS) throw new HttpError(503, 'The store has too many questions to answer; ask again.');
    open += 1;
    const asked = question().finally(() => {
      open -= 1;
    });
    const bound = new AbortController();
    const late = clock.sleep(ANSWER_WITHIN_MS, bound.signal);
    try {
      const answer = await Promise.race([asked, late]);
      if (answer === undefined) throw new HttpError(503, 'The store does not answer; its disk may be stalled.');
      if (answer.kind === 'unavailable') throw new HttpError(503, answer.message);
      return answer.value;
    } catch (error) {
      throw error instanceof HttpError ? error : new HttpError(503, `The store failed: ${messageOf(error)}`);
    } finally {
      bound.abort();
    }
  };
}
