import { describe, expect, it } from 'vitest';
import { anEvent } from '../../../test/lib/cluster-events.ts';
import { NOON } from '../../../test/lib/fixtures.ts';
import type { ClusterEvent, EventSighting } from '../../model/cluster-event.ts';
import { builtInRules } from '../rules/built-in.ts';
import { replay } from '../rules/replay.ts';
import { rulesOf } from '../rules/testing.ts';
import { observationOfEvent } from './observations.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const backOff = (count: number, firstAgo: number): ClusterEvent => anEvent(NOON, { count, firstAt: NOON - firstAgo });

/** How often people would have been told, and the most that was counted. */
function tried(sightings: readonly EventSighting[], rules = builtInRules()) {
  const observations = sightings.map(observationOfEvent);
  const [one] = replay(rules, {
    from: NOON - 3 * HOUR,
    to: NOON + HOUR,
    sources: { events: { observations, state: { completeSince: NOON - 3 * HOUR } } },
  });
  return { told: one?.told, most: one?.extreme?.count };
}

describe('an Event of which several times are told at once', () => {
  it('does not look as if all were now: seven within an hour are no five within five minutes', () => {
    const event = backOff(7, 54 * MINUTE);
    expect(tried([{ event, added: 7, sinceAt: event.firstAt }])).toEqual({ told: 0, most: 1 });
    // Who counted them was of a version that does not say since when.
    expect(tried([{ event, added: 7 }])).toEqual({ told: 0, most: 1 });
  });

  it('counts the times after the last that was known', () => {
    expect(tried([{ event: backOff(393, 9 * HOUR), added: 10, sinceAt: NOON - 40 * MINUTE }]).told).toBe(0);
    expect(tried([{ event: backOff(393, 9 * HOUR), added: 10, sinceAt: NOON - 8 * MINUTE }]).told).toBe(1);
    expect(tried([{ event: backOff(393, 9 * HOUR), added: 392 }])).toEqual({ told: 1, most: 392 });
  });

  it.each([
    { times: 5, within: 4, told: 1 },
    { times: 5, within: 5, told: 0 },
    { times: 6, within: 6, told: 1 },
  ])('tells $told time where $times were within $within minutes', ({ times, within, told }) => {
    const event = backOff(times, within * MINUTE);
    expect(tried([{ event, added: times, sinceAt: event.firstAt }]).told).toBe(told);
  });

  it('counts no more within a short time than there were, however many there are', () => {
    const event = backOff(100_000, HOUR);
    const rules = rulesOf({ name: 'r', type: 'frequency', source: 'events', numEvents: 1e5, timeframeMinutes: 5 });
    const { most = 0 } = tried([{ event, added: event.count, sinceAt: event.firstAt }], rules);
    expect(most / 100_000).toBeGreaterThan(0.08);
    expect(most / 100_000).toBeLessThan(0.087);
  });
});
