/** What the Kubernetes API answered, as a value: every way in which it can fail to is one of these. */
import { cleanText } from '../../model/text.ts';

export type Answer =
  | { readonly kind: 'ok'; readonly value: unknown }
  /** 401: nobody knows this agent's token. 403: a right is missing. The API lives. */
  | { readonly kind: 'denied'; readonly status: 401 | 403; readonly message: string }
  | { readonly kind: 'missing'; readonly message: string }
  /** Somebody else changed the object meanwhile, or made it. */
  | { readonly kind: 'conflict'; readonly message: string }
  /** The resource version, or the place in a list, is too old: begin anew. */
  | { readonly kind: 'gone'; readonly message: string }
  /** The API refuses what was asked: a defect here, or an object that it does not accept. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | Failure;

/** Nobody answered, or the API cannot answer now: ask later. */
export interface Failure {
  readonly kind: 'failed';
  readonly message: string;
  /** The API asks to be left alone for so long. */
  readonly retryAfterMs?: number;
}

/** 10 min: nobody's word keeps an agent away for longer. */
const MAX_RETRY_AFTER_MS = 600_000;
const MAX_MESSAGE = 240;
/** A page of a proxy may be long. */
const MAX_BODY = 4096;

/**
 * An HTTP answer of the API, by its status code.
 * Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#http-status-codes
 *
 * @param retryAfter the header, in seconds
 */
export function answerOf(status: number, body: string, retryAfter?: string): Answer {
  if (status >= 200 && status < 300) return parsed(body);
  const message = messageOf(status, body);
  switch (status) {
    case 401:
    case 403:
      return { kind: 'denied', status, message };
    case 404:
      return { kind: 'missing', message };
    case 409:
      return { kind: 'conflict', message };
    case 410:
      return { kind: 'gone', message };
    default:
  }
  if (status < 500 && status !== 429 && status !== 408) return { kind: 'refused', status, message };
  const seconds = Number(retryAfter);
  const isPause = retryAfter !== undefined && Number.isFinite(seconds) && seconds > 0;
  const retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, seconds * 1000);
  return { kind: 'failed', message, ...(isPause && { retryAfterMs }) };
}

/** An event `ERROR` of a watch carries a Status object instead of an HTTP status. */
export function answerOfStatus(object: unknown): Answer {
  const code = typeof object === 'object' && object !== null && 'code' in object ? Number(object.code) : Number.NaN;
  return answerOf(Number.isInteger(code) && code >= 300 ? code : 500, JSON.stringify(object) ?? '');
}

function parsed(body: string): Answer {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return { kind: 'ok', value };
  } catch {
    // Said below.
  }
  return { kind: 'failed', message: `something else than the Kubernetes API answered: ${excerpt(body)}` };
}

/** The API says why in a Status object; a proxy in front of it in HTML or plain text. */
function messageOf(status: number, body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string')
      return `${status} ${excerpt(value.message)}`;
  } catch {
    // Said below.
  }
  return `${status} ${excerpt(body)}`.trim();
}

const excerpt = (text: string): string =>
  cleanText(text.slice(0, MAX_BODY).replaceAll(/\s+/g, ' ').trim(), MAX_MESSAGE);

/** What is left of a failed question, where nothing but its failure matters. */
export const failureOf = (answer: Exclude<Answer, { kind: 'ok' }>): Failure =>
  answer.kind === 'failed' ? answer : { kind: 'failed', message: answer.message };
