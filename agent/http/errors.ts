/** Failures of a request. They speak of the request, never of the cluster. */
import type { ApiError } from './contract.ts';

const CODES = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  409: 'Conflict',
  421: 'Misdirected',
  429: 'TooManyRequests',
  500: 'Internal',
  503: 'Unavailable',
} as const satisfies Record<number, ApiError['code']>;

/** Thrown by a route, answered as `{code, message}` with its status. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: keyof typeof CODES;

  constructor(statusCode: keyof typeof CODES, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** The stable code of any HTTP status: what has none of its own is a bad request or a defect. */
export function codeOfStatus(statusCode: number): ApiError['code'] {
  if (Object.hasOwn(CODES, statusCode)) return CODES[statusCode as keyof typeof CODES];
  return statusCode >= 500 ? 'Internal' : 'BadRequest';
}

export const errorBody = (statusCode: number, message: string): string =>
  JSON.stringify({ code: codeOfStatus(statusCode), message } satisfies ApiError);
