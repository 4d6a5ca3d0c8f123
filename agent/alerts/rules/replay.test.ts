import { describe, expect, it } from 'vitest';
import { type Tried, replay } from './replay.ts';
import { BEGAN, MINUTE, rulesOf } from './testing.ts';
import type { Observation } from './types.ts';

const HOUR = 60 * MINUTE;
const FREQUENCY = {
  name: 'five',
  type: 'frequency',
  source: 'events',
  queryKey: 'name',
  numEvents: 5,
  timeframeMinutes: 5,
  realertMinutes: 5,
  exponentialRealertHours: 1,
};
const seen = (minute: number, name: string, source: Observation['source'] = 'events'): Observation => ({
  source,
  at: BEGAN + minute * MINUTE,
  count: 1,
  facts: { name, kind: 'Pod', reason: 'BackOff', message: 'it fell' },
  nodes: [],
});

function tried(
  settings: readonly object[],
  observations: readonly Observation[],
  completeSince?: number,
): readonly Tried[] {
  const state = completeSince === undefined ? { why: 'some are missing' } : { completeSince };
  return replay(rulesOf(...settings), {
    from: BEGAN,
    to: BEGAN + 24 * HOUR,
    sources: { events: { observations, state } },
  });
}

describe('rules tried on a day that was', () => {
  it('tell when people would have been told, how often, and the largest number that was met', () => {
    // A pod that falls every half a minute for three hours; another one four times in all.
    const observations = [
      ...Array.from({ length: 360 }, (_, index) => seen(60 + index / 2, 'api')),
      ...[600, 601, 602, 603].map((minute) => seen(minute, 'web')),
    ];
    const [one] = tried([FREQUENCY], observations, BEGAN);
    const minutes = one?.tellings.map(({ lastAt }) => (lastAt - BEGAN) / MINUTE);
    // First at the fifth, then as the pauses of realert let it, at the next match of five.
    expect(minutes).toEqual([62, 67, 77, 97, 137, 197]);
    expect(one).toMatchObject({
      hasPast: true,
      told: 6,
      alerts: 1,
      mostInAnHour: 4,
      isFiring: false,
      extreme: { count: 10, key: 'api' },
    });
    const [other] = tried([{ ...FREQUENCY, where: { name: 'web' } }], observations, BEGAN);
    expect(other).toMatchObject({ told: 0, alerts: 0, extreme: { count: 4, key: 'web' } });
  });

  it('say the same as numbers are changed', () => {
    const observations = Array.from({ length: 100 }, (_, index) => seen(index, 'api'));
    const told = [3, 4, 5, 6].map((numEvents) => tried([{ ...FREQUENCY, numEvents }], observations, BEGAN)[0]?.told);
    expect(told).toEqual([5, 5, 5, 0]);
  });

  it('miss what was silent only where all of it is known', () => {
    const quiet = {
      name: 'quiet',
      type: 'flatline',
      source: 'events',
      threshold: 1,
      timeframeMinutes: 60,
      realertMinutes: 60,
    };
    const observations = Array.from({ length: 12 }, (_, index) => seen(index * 30, 'api'));
    const [known] = tried([quiet], observations, BEGAN);
    // The last one is at 5:30; it is missed an hour later, and told each hour.
    expect(known?.tellings[0]?.lastAt).toBe(BEGAN + 6.5 * HOUR);
    expect(known).toMatchObject({ told: 18, alerts: 1, isFiring: true, extreme: { count: 0 } });
    expect(tried([quiet], observations)[0]).toMatchObject({ told: 0, isFiring: false });
  });

  it('do not try what there is no history of', () => {
    const rules = [{ name: 'logs', type: 'flatline', source: 'logs', threshold: 1, timeframeMinutes: 5 }];
    expect(tried(rules, [], BEGAN)).toMatchObject([{ hasPast: false, told: 0, isFiring: false }]);
  });
});
