import { describe, expect, it } from 'vitest';
import { outcomeOfBody, signOf } from './dingtalk.ts';

it('signs as DingTalk does', () => {
  expect(signOf(1_700_000_000_000, 'SECtest')).toBe('aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D');
});

describe('the body of an answer', () => {
  const outcomeOf = (errcode: number, errmsg = '') => outcomeOfBody(JSON.stringify({ errcode, errmsg }), 'https://d');

  it('alone says that it was taken', () => {
    expect(outcomeOf(0, 'ok')).toEqual({ kind: 'sent' });
  });

  it.each([
    [130_101, 600_000, 'takes none for ten minutes'],
    [410_100, 600_000, 'takes none for ten minutes'],
    [-1, 5000, 'busy'],
    [999_999, 60_000, 'DingTalk answers 999999'],
  ])('%i: later', (code, retryAfterMs, words) => {
    expect(outcomeOf(code)).toMatchObject({ kind: 'failed', why: expect.stringContaining(words), retryAfterMs });
  });

  it.each([
    [310_000, 'keywords not in content', 'dingtalk.keyword, the secret in dingtalk.secretFile'],
    [310_000, 'sign not match', 'DingTalk answers 310000 (sign not match)'],
    [300_001, 'token is not exist', 'dingtalk.tokenFile'],
    [400_102, '', 'DingTalk answers 400102:'],
    [460_101, 'message too long', 'too long'],
    [101_002, '', 'too long'],
  ])('%i %s: never', (code, message, words) => {
    expect(outcomeOf(code, message)).toEqual({ kind: 'refused', why: expect.stringContaining(words) });
  });

  it.each(['', '<html>Please log in</html>', '[]', 'null', '{}', '{"errcode":"0"}', '{"errcode":0'])(
    '%j is no word of DingTalk',
    (body) => {
      expect(outcomeOfBody(body, 'https://d')).toMatchObject({ kind: 'failed', retryAfterMs: 60_000 });
    },
  );

  it('is repeated without secrets', () => {
    expect(
      JSON.stringify(outcomeOfBody('{"errcode":310000,"errmsg":"bad T0KEN"}', 'https://d', ['T0KEN'])),
    ).not.toContain('T0KEN');
    expect(JSON.stringify(outcomeOfBody('no T0KEN', 'https://d', ['T0KEN']))).not.toContain('T0KEN');
  });
});
