/** Whether what came was signed with the key that sender and agent share: an HMAC over the body as it came. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Of adnanh's webhook and its kin, and of GitHub. */
const HEADERS = ['x-signature-256', 'x-hub-signature-256'] as const;
const FORM = /^sha256=([0-9a-f]{64})$/i;

/** What the sender says that it is. Undefined: it was not signed. */
export const signatureIn = (headers: IncomingHttpHeaders): string | undefined =>
  HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string');

/** In constant time. */
export function isSignedWith(key: string, body: Buffer, signature: string): boolean {
  const hex = FORM.exec(signature)?.[1];
  if (hex === undefined) return false;
  return timingSafeEqual(createHmac('sha256', key).update(body).digest(), Buffer.from(hex, 'hex'));
}
