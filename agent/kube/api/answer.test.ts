import { describe, expect, it } from 'vitest';
import { answerOf, answerOfStatus } from './answer.ts';

const status = (message: string): string => JSON.stringify({ kind: 'Status', message });

describe('an answer', () => {
  it.each([
    [200, '{"kind":"Node"}', { kind: 'ok', value: { kind: 'Node' } }],
    [201, '[]', { kind: 'ok', value: [] }],
    [401, status('Unauthorized'), { kind: 'denied', status: 401, message: '401 Unauthorized' }],
    [403, status('no'), { kind: 'denied', status: 403, message: '403 no' }],
    [404, status('not found'), { kind: 'missing', message: '404 not found' }],
    [409, status('modified'), { kind: 'conflict', message: '409 modified' }],
    [410, status('too old'), { kind: 'gone', message: '410 too old' }],
    [422, status('invalid'), { kind: 'refused', status: 422, message: '422 invalid' }],
    [429, status('slow down'), { kind: 'failed', message: '429 slow down' }],
    [500, '<html>\n<b>Internal\u0000</b>', { kind: 'failed', message: '500 <html> <b>Internal </b>' }],
    [503, '', { kind: 'failed', message: '503' }],
  ])('%i %s', (code, body, answer) => {
    expect(answerOf(code, body)).toEqual(answer);
  });

  it.each(['<html>', '', 'null', '"text"', '{"kind":'])('200 with %j is not of the API', (body) => {
    expect(answerOf(200, body)).toMatchObject({ kind: 'failed', message: expect.stringContaining('something else') });
  });

  it.each([
    ['7', 7000],
    ['86400', 600_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ])('asks to be left alone for %s', (header, retryAfterMs) => {
    expect(answerOf(429, '', header)).toEqual({
      kind: 'failed',
      message: '429',
      ...(retryAfterMs && { retryAfterMs }),
    });
  });

  it('is one line, however much there is', () => {
    expect(answerOf(500, 'x\n'.repeat(10_000)).kind).toBe('failed');
    expect(JSON.stringify(answerOf(500, 'x\n'.repeat(10_000))).length).toBeLessThan(400);
  });

  it('may come in a watch', () => {
    expect(answerOfStatus({ code: 410, message: 'too old resource version' })).toMatchObject({ kind: 'gone' });
    expect(answerOfStatus({ code: 'x' })).toMatchObject({ kind: 'failed' });
    expect(answerOfStatus(undefined)).toMatchObject({ kind: 'failed' });
  });
});
