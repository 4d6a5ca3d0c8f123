import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiPast } from '../../agent/http/contract/history.ts';
import { createPast, neighboursOf } from './past.ts';
import type { Received } from './state.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const status = (past: Partial<ApiPast> = {}): ApiStatus => ({
  status: 'healthy',
  sentence: 'Fine.',
  at: '2026-11-20T12:00:00Z',
  view: { node: 'w1', members: 1, current: 1, settled: true },
  findings: [],
  past: { asked: '2026-11-20T12:00:00Z', leftOut: 0, away: [], awayLeftOut: 0, ...past },
});

describe('the conclusions before and after', () => {
  it('are outside of the span, which holds at both ends', () => {
    expect(neighboursOf(status({ since: '2026-11-20T11:00:00Z', until: '2026-11-20T12:30:00Z' }))).toEqual({
      before: Date.parse('2026-11-20T10:59:59Z'),
      after: Date.parse('2026-11-20T12:30:01Z'),
    });
  });

  it('are the ends of a time of which nothing is known', () => {
    expect(neighboursOf(status({ gap: { from: '2026-11-20T11:00:00Z', to: '2026-11-20T12:30:00Z' } }))).toEqual({
      before: Date.parse('2026-11-20T11:00:00Z'),
      after: Date.parse('2026-11-20T12:30:00Z'),
    });
  });

  it('are not there where it still holds, or where the log has not begun', () => {
    expect(neighboursOf(status({ since: '2026-11-20T11:00:00Z' })).after).toBeUndefined();
    expect(neighboursOf(status({ logBegins: '2026-11-20T13:00:00Z' }))).toEqual({
      before: undefined,
      after: Date.parse('2026-11-20T13:00:00Z'),
    });
  });
});

describe('what was asked for', () => {
  function world() {
    const answer = signal<Received<ApiStatus> | undefined>(undefined);
    const open: { readonly at: number | undefined; readonly end: (value: ApiStatus | Error) => void }[] = [];
    const past = createPast({
      answer,
      now: () => NOON,
      api: {
        status: (at) =>
          new Promise((resolve, reject) => {
            open.push({ at, end: (value) => (value instanceof Error ? reject(value) : resolve(value)) });
          }),
      },
    });
    return { answer, past, open };
  }

  it('is shown, and why it cannot be', async () => {
    const { answer, past, open } = world();
    const first = past.look(NOON);
    open[0]?.end(status());
    await first;
    expect(answer.value).toEqual({ value: status(), receivedAt: NOON });
    const second = past.look(NOON - 1000);
    expect(answer.value, 'not that of another time').toBeUndefined();
    open[1]?.end(new Error('The store has not answered for 2 s.'));
    await second;
    expect([answer.value, past.failure.value]).toEqual([undefined, 'The store has not answered for 2 s.']);
  });

  it('does not count when something else was asked for meanwhile', async () => {
    const { answer, past, open } = world();
    const first = past.look(NOON);
    const second = past.look(undefined);
    open[0]?.end(status());
    await Promise.all([first, second]);
    expect([answer.value, past.failure.value]).toEqual([undefined, undefined]);
  });
});
