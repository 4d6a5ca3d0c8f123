import { describe, expect, it } from 'vitest';
import type { WatchedLog } from '../../types.ts';
import { NEW_LOG, judgeLog } from './judge.ts';
import type { WatchSettings } from './settings.ts';
import { aLog, aWatch } from './testing.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1, 12);
/** The clock that never jumps began a year before. */
const timeOf = (wall: number) => ({ wall, monotonic: wall - Date.UTC(2025, 0, 1) });

const at = (now: number, watch: Partial<WatchSettings>, log: Partial<WatchedLog> = {}) => {
  const { verdict, words } = judgeLog(aLog({ startedAt: T0, ...log }), aWatch(watch), NEW_LOG, timeOf(now)).judged;
  return words === '' ? verdict : `${verdict}: ${words}`;
};

describe('silence', () => {
  const TEN = { maxSilenceSeconds: 600 };

  it('is counted from the last line', () => {
    expect(at(T0 + 15 * MINUTE, TEN, { lastWriteAt: T0 + 5 * MINUTE })).toBe('well');
    expect(at(T0 + 16 * MINUTE, TEN, { lastWriteAt: T0 + 5 * MINUTE })).toBe(
      'silent: it has written nothing for 11 min',
    );
  });

  it('is counted from the start of a run that has written nothing, whatever the one before wrote', () => {
    expect(at(T0 + 9 * MINUTE, TEN)).toBe('well');
    expect(at(T0 + 11 * MINUTE, TEN)).toBe('silent: it has written nothing for 11 min');
    expect(at(T0 + 9 * MINUTE, TEN, { lastWriteAt: T0 - MINUTE })).toBe('well');
  });

  it('is none of a container that may still be starting', () => {
    const watch = { maxSilenceSeconds: 60, initialDelaySeconds: 300 };
    expect(at(T0 + 4 * MINUTE, watch)).toBe('quiet: it may still be starting');
    expect(at(T0 + 5 * MINUTE, watch)).toBe('silent: it has written nothing for 5 min');
  });

  it('is not counted from before its lines were read', () => {
    expect(at(T0 + 60 * MINUTE, TEN, { readSince: T0 + 55 * MINUTE })).toBe('well');
    expect(at(T0 + 66 * MINUTE, TEN, { readSince: T0 + 55 * MINUTE })).toBe(
      'silent: it has written nothing for 11 min',
    );
  });

  it('is no fault where nobody says so, and none where a clock went back', () => {
    expect(at(T0 + 5000 * MINUTE, { pattern: 'x' })).toBe('well');
    expect(at(T0 - 5000 * MINUTE, TEN)).toBe('well');
  });

  it('that escalates comes 111 to 112 minutes after the last line with 15 failures, and ends with a line', () => {
    const watch = aWatch({ escalatingFailures: 15 });
    let memory = NEW_LOG;
    const look = (now: number, lastWriteAt: number) => {
      const next = judgeLog(aLog({ startedAt: T0 - 3 * MINUTE, lastWriteAt }), watch, memory, timeOf(now));
      ({ memory } = next);
      return next.judged.verdict;
    };
    let now = T0;
    while (look(now, T0) !== 'silent' && now < T0 + 200 * MINUTE) now += 5000;
    expect((now - T0) / MINUTE).toBeGreaterThanOrEqual(111);
    expect((now - T0) / MINUTE).toBeLessThanOrEqual(112);
    expect(look(now + MINUTE, now + MINUTE)).toBe('well');
  });
});

it('tells lines that match from their number on', () => {
  const watch = { pattern: 'timeout', patternCount: 50 };
  expect(at(T0, watch, { matches: 49 })).toBe('well');
  expect(at(T0, watch, { matches: 1200 })).toBe('matching: 1,200 lines of the last 2 min match');
});

it('does not know what cannot be read', () => {
  const watch = { maxSilenceSeconds: 60 };
  expect(at(T0 + 500 * MINUTE, watch, { why: 'EACCES' })).toBe('unknown: its log cannot be read: EACCES');
  expect(at(T0 + 500 * MINUTE, watch, { unreadableLines: 12 })).toBe(
    'unknown: its log is in a form that is not known (12 lines)',
  );
  // One odd line among others is none.
  expect(at(T0, watch, { unreadableLines: 1, lastWriteAt: T0 })).toBe('well');
});

describe('a wall clock that is set', () => {
  const HOUR = 60 * MINUTE;
  /** A run that is followed from a minute after its start on; `line`: it writes one now. */
  const follow = (change: Partial<WatchSettings>) => {
    const watch = aWatch({ initialDelaySeconds: 300, ...change });
    let [memory, passed, offset] = [NEW_LOG, MINUTE, 0];
    let lastWriteAt = T0;
    const look = () => {
      const log = aLog({ startedAt: T0, lastWriteAt });
      const next = judgeLog(log, watch, memory, { wall: T0 + passed + offset, monotonic: passed });
      ({ memory } = next);
      return next.judged;
    };
    look();
    return {
      look,
      set: (byMs: number) => (offset += byMs),
      line: () => (lastWriteAt = T0 + passed + offset),
      pass: (forMs: number) => {
        for (let left = forMs; left > 0; left -= 5000) [passed] = [passed + 5000, look()];
        return look().verdict;
      },
      startedMsAgo: () => T0 + passed + offset - look().startedAt,
    };
  };

  it.each([[HOUR], [-HOUR]])('by %i ms makes nobody silent who writes, and hides nobody who does not', (byMs) => {
    const { set, line, pass } = follow({ maxSilenceSeconds: 600 });
    pass(9 * MINUTE);
    line();
    pass(5 * MINUTE);
    set(byMs);
    expect(pass(4 * MINUTE)).toBe('well');
    line();
    expect(pass(9 * MINUTE)).toBe('well');
    expect(pass(2 * MINUTE)).toBe('silent');
  });

  it.each([[24 * HOUR], [-24 * HOUR]])('by %i ms changes nothing of windows that grow', (byMs) => {
    const minutesToSilence = (jumpMs: number): number => {
      const { set, pass, line } = follow({ escalatingFailures: 5 });
      pass(9 * MINUTE);
      line();
      pass(3 * MINUTE);
      set(jumpMs);
      let minutes = 3;
      while (pass(MINUTE) !== 'silent' && minutes < 100) minutes += 1;
      return minutes;
    };
    expect(minutesToSilence(byMs)).toBe(minutesToSilence(0));
    expect(minutesToSilence(0)).toBeLessThan(20);
  });

  it('changes nothing of when a run began', () => {
    const { set, look, startedMsAgo, pass } = follow({ maxSilenceSeconds: 60 });
    set(HOUR);
    expect([pass(2 * MINUTE), startedMsAgo()]).toEqual(['quiet', 3 * MINUTE]);
    set(-2 * HOUR);
    expect([pass(3 * MINUTE), startedMsAgo(), look().silentMs]).toEqual(['silent', 6 * MINUTE, 6 * MINUTE]);
  });
});

it('counts silence anew when this process was paused, and others with it', () => {
  const watch = aWatch({ maxSilenceSeconds: 600 });
  const judge = (pausedMs?: number) =>
    judgeLog(aLog({ startedAt: T0 }), watch, NEW_LOG, { wall: T0 + 20 * MINUTE, monotonic: 20 * MINUTE, pausedMs })
      .judged.verdict;
  expect([judge(), judge(5 * MINUTE), judge(15 * MINUTE)]).toEqual(['silent', 'silent', 'well']);
});
