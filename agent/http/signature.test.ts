import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignedRequest, isSignedWith, signedTextOf } from './signature.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const SECONDS = NOW / 1000;
const BODY = Buffer.from('{"state":"firing"}');
const sign = (text: string, key = 'key'): string => `sha256=${createHmac('sha256', key).update(text).digest('hex')}`;
const request = (change: Partial<SignedRequest> = {}): SignedRequest => ({
  method: 'POST',
  url: '/api/v1/signals/prod/db',
  headers: { 'x-meerkat-timestamp': `${SECONDS}` },
  body: BODY,
  ...change,
});
const GOOD = sign(`POST\n/api/v1/signals/prod/db\n${SECONDS}\n${String(BODY)}`);
const isTaken = (change: Partial<SignedRequest>, now = NOW): boolean => {
  const text = signedTextOf(request(change), now);
  return text !== undefined && isSignedWith('key', text, GOOD);
};

describe('a request that is signed with its path and its time', () => {
  it('is taken for what it is about, whatever form of answer is wanted', () => {
    expect(isTaken({})).toBe(true);
    expect(isTaken({ url: '/api/v1/signals/prod/db?format=text' })).toBe(true);
  });

  it.each<[string, Partial<SignedRequest>]>([
    ['another workload', { url: '/api/v1/signals/dev/toy' }],
    ['another method', { method: 'PUT' }],
    ['another body', { body: Buffer.from('{"state":"ok"}') }],
    ['another time', { headers: { 'x-meerkat-timestamp': `${SECONDS + 1}` } }],
    ['no time', { headers: {} }],
    ['a time that is none', { headers: { 'x-meerkat-timestamp': `${SECONDS}e0` } }],
  ])('is not taken for %s', (_, change) => {
    expect(isTaken(change)).toBe(false);
  });

  it('is taken for five minutes, also of a sender whose clock is ahead', () => {
    const minutes = [-5.1, -5, 5, 5.1].map((late) => isTaken({}, NOW + late * 60_000));
    expect(minutes).toEqual([false, true, true, false]);
  });
});
