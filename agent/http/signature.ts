/** Whether what came was signed with the key that sender and agent share: an HMAC-SHA256. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Of adnanh's webhook and its kin, and of GitHub. */
const HEADERS = ['x-signature-256', 'x-hub-signature-256'] as const;
const TIMESTAMP = 'x-meerkat-timestamp';
const FORM = /^sha256=([0-9a-f]{64})$/i;
const SECONDS = /^\d{1,12}$/;
/** Clocks differ, and requests are on their way. */
const MAX_AGE_MS = 300_000;

/** What the sender says that it is. Undefined: it was not signed. */
export const signatureIn = (headers: IncomingHttpHeaders): string | undefined =>
  HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string');

/** In constant time. */
export function isSignedWith(key: string, text: Buffer, signature: string): boolean {
  const hex = FORM.exec(signature)?.[1];
  if (hex === undefined) return false;
  return timingSafeEqual(createHmac('sha256', key).update(text).digest(), Buffer.from(hex, 'hex'));
}

/** A request whose body does not tell what it is about: that is in its path. */
export interface SignedRequest {
  readonly method: string;
  /** With or without a query, which is not signed. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * What is signed of it: `METHOD\nPATH\nTIMESTAMP\nBODY`, so that it is good for nothing else and for a few minutes.
 * Undefined: its timestamp is missing, or is too long ago or ahead.
 *
 * @param now Unix ms
 */
export function signedTextOf({ method, url, headers, body }: SignedRequest, now: number): Buffer | undefined {
  const seconds = headers[TIMESTAMP];
  if (typeof seconds !== 'string' || !SECONDS.test(seconds)) return undefined;
  if (Math.abs(now - Number(seconds) * 1000) > MAX_AGE_MS) return undefined;
  const [path = ''] = url.split('?', 1);
  return Buffer.concat([Buffer.from(`${method}\n${path}\n${seconds}\n`), body]);
}
