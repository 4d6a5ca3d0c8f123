/** What the answer of a server means for the message. */
import { cleanText } from '../../model/text.ts';
import type { SendOutcome } from '../types.ts';
import type { PostAnswer } from './post.ts';

/** An answer that asks for longer waits so long: who is told nothing for an hour looks elsewhere. */
const LONGEST_WAIT_MS = 15 * 60_000;
const MAX_WORDS = 160;
/** Not its fault: later it may take the same message. Timeout, too early, too many requests. */
const LATER = new Set([408, 425, 429]);

/** The place that was asked, as messages may name it: without the path, which may hold a token. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'the address';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/**
 * By the status alone: 2xx is sent.
 *
 * @param secrets are taken out of the server's words, which may repeat what it was sent
 */
export function outcomeOfStatus(
  url: string,
  answer: PostAnswer,
  now: number,
  secrets: readonly string[] = [],
): SendOutcome {
  const place = placeOf(url);
  if (answer.kind === 'none') return { kind: 'failed', why: without(secrets, `${place}: ${cleanText(answer.why)}`) };
  const { status, body, retryAfter } = answer;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const words = wordsOf(body, secrets);
  const said = `${place} answers ${status}${words === '' ? '' : `: ${words}`}`;
  if (status >= 300 && status < 400) {
    return {
      kind: 'refused',
      why: `${place} answers ${status}, which leads elsewhere, and redirects are not followed; give the address where it leads`,
    };
  }
  if (status >= 400 && status < 500 && !LATER.has(status)) return { kind: 'refused', why: said };
  const waitMs = retryAfter === undefined ? undefined : waitOf(retryAfter, now);
  return { kind: 'failed', why: said, ...(waitMs !== undefined && { retryAfterMs: waitMs, holds: 'receiver' }) };
}

/** The first words of an answer, harmless and without what is secret. Cut last, or half of a secret would stay. */
export const wordsOf = (body: string, secrets: readonly string[] = []): string =>
  cleanText(without(secrets, body), MAX_WORDS);

/** As they are, and as they stand in an address. */
function without(secrets: readonly string[], text: string): string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).filter((form) => form !== '');
  return forms.reduce((rest, form) => rest.replaceAll(form, '[redacted]'), text);
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function waitOf(retryAfter: string, now: number): number | undefined {
  const text = retryAfter.trim();
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : text.endsWith(' GMT') ? Date.parse(text) - now : NaN;
  return Number.isFinite(waitMs) ? Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs)) : undefined;
}
