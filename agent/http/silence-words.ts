/** What is answered to a person who silences something, or ends it: the sentence says what to do. */
import type { SilenceOutcome } from '../model/silence.ts';
import { formatInstant } from '../model/text.ts';
import type { ApiSilenced } from './contract/notifications.ts';
import { HttpError } from './errors.ts';
import { presentSilence } from './present-notifications.ts';
import { silenceWords } from './text-notifications.ts';

/**
 * @param now Unix ms
 * @throws {HttpError} 404, 409 or 503 where it is refused
 */
export function answerToSilence(outcome: SilenceOutcome, now: number): ApiSilenced {
  switch (outcome.kind) {
    case 'begun': {
      const silence = presentSilence(outcome.silence);
      const message = `Nobody is told of ${silenceWords(silence)} until ${formatInstant(outcome.silence.until, now)}. meerkat silence end ${silence.id} ends it.`;
      return { outcome: 'begun', message, silence };
    }
    case 'ended': {
      const silence = presentSilence(outcome.silence);
      return { outcome: 'ended', message: `${silenceWords(silence)} is not silenced any more.`, silence };
    }
    case 'unknown-id':
      throw new HttpError(
        404,
        'There is no such silence, or it has ended; meerkat silence list lists those there are.',
      );
    case 'too-many':
      throw new HttpError(409, 'This agent has said as much as one agent may; end some silences, or ask another node.');
    case 'not-settled':
      throw new HttpError(503, 'This agent does not talk to the others yet; ask again in 10 seconds.');
    case 'busy':
      throw new HttpError(503, 'Too much was ordered in a moment; ask again in a second.');
    case 'off':
      throw new HttpError(
        503,
        'No receiver is configured where you ask (notifications.receivers): there is nothing to silence.',
      );
    default:
      return outcome satisfies never;
  }
}
