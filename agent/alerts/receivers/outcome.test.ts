import { expect, it } from 'vitest';
import { outcomeOfStatus, placeOf, wordsOf } from './outcome.ts';
import { NOON } from './testing.ts';

const URL_OF_HOOK = 'https://me:pw@hooks.example.org:8443/services/T0KEN?key=k';
const answer = (status: number, body = '', retryAfter?: string) => ({
  kind: 'answer' as const,
  status,
  body,
  ...(retryAfter !== undefined && { retryAfter }),
});
const outcomeOf = (...given: Parameters<typeof answer>) => outcomeOfStatus(URL_OF_HOOK, answer(...given), NOON);

it('names a place without what may be secret', () => {
  expect(placeOf(URL_OF_HOOK)).toBe('https://hooks.example.org:8443');
  expect(placeOf('no url')).toBe('the address');
});

it.each([200, 202, 204, 299])('%i is sent', (status) => {
  expect(outcomeOf(status, 'whatever')).toEqual({ kind: 'sent' });
});

it.each([400, 401, 403, 404, 413, 422])('%i is refused', (status) => {
  expect(outcomeOf(status, 'bad\n<b>request</b>')).toEqual({
    kind: 'refused',
    why: `https://hooks.example.org:8443 answers ${status}: bad <b>request</b>`,
  });
});

it.each([408, 425, 429, 500, 502, 503, 504, 0])('%i may be tried again', (status) => {
  expect(outcomeOf(status)).toEqual({ kind: 'failed', why: `https://hooks.example.org:8443 answers ${status}` });
});

it('refuses a redirect and follows none', () => {
  const outcome = outcomeOf(302, 'Location: http://elsewhere');
  expect(outcome).toMatchObject({ kind: 'refused' });
  expect(JSON.stringify(outcome)).toContain('redirects are not followed; give the address where it leads');
});

it.each([
  ['30', 30_000],
  ['0', 0],
  ['86400', 900_000],
  ['999999999', 900_000],
  [new Date(NOON + 42_000).toUTCString(), 42_000],
  [new Date(NOON - 42_000).toUTCString(), 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1e9', undefined],
])('waits as long as %j says, and no longer than a quarter of an hour', (retryAfter, waitMs) => {
  const { retryAfterMs } = outcomeOf(503, '', retryAfter) as { readonly retryAfterMs?: number };
  expect(retryAfterMs).toBe(waitMs);
});

it('says why there was no answer', () => {
  const none = { kind: 'none', why: 'connect ECONNREFUSED 10.0.0.1:8443' } as const;
  expect(outcomeOfStatus(URL_OF_HOOK, none, NOON)).toEqual({
    kind: 'failed',
    why: 'https://hooks.example.org:8443: connect ECONNREFUSED 10.0.0.1:8443',
  });
});

it('repeats no secret of an answer, in whatever form and at whatever place', () => {
  const secret = 'S3CR/ET+abcdef';
  for (const pad of [0, 100, 155, 160, 600]) {
    const words = wordsOf(`${'x'.repeat(pad)}${secret} ${encodeURIComponent(secret)} ${secret}`, [secret]);
    expect(words).not.toMatch(/S3CR|abcdef/);
    expect(words.length).toBeLessThanOrEqual(160);
  }
});
