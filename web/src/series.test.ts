import { describe, expect, it } from 'vitest';
import type { ApiEvent } from '../../agent/http/contract/history.ts';
import { eventsAt, eventsOf, lonePoints, marksOf, problemSpans, type Series, summarise, withGaps } from './series.ts';

const series = (changes: Partial<Series>): Series => ({
  node: 'w1',
  check: 'etcd',
  reading: 'fsync_p99_seconds',
  resolution: '1m',
  stepSeconds: 60,
  times: [],
  averages: [],
  minima: [],
  maxima: [],
  ...changes,
});

describe('gaps', () => {
  it('puts a null where more than two steps are missing', () => {
    const columns = withGaps(
      series({ times: [0, 60, 300], averages: [1, 2, 3], minima: [0, 1, 2], maxima: [2, 3, 4] }),
    );
    expect(columns.times).toEqual([0, 60, 120, 300]);
    expect(columns.averages).toEqual([1, 2, null, 3]);
    expect(columns.minima).toEqual([0, 1, null, 2]);
    expect(columns.maxima).toEqual([2, 3, null, 4]);
  });

  it('leaves a single late point connected', () => {
    expect(withGaps(series({ times: [0, 120], averages: [1, 2], minima: [1, 2], maxima: [1, 2] })).times).toEqual([
      0, 120,
    ]);
  });
});

it('finds values without a neighbour', () => {
  expect(lonePoints([1, null, 2, 3, null, null, 4])).toEqual([0, 6]);
  expect(lonePoints([])).toEqual([]);
});

describe('summary', () => {
  it('is over what was measured', () => {
    const columns = withGaps(
      series({ times: [0, 60, 120], averages: [1, null, 3], minima: [0.5, null, 2], maxima: [2, null, 9] }),
    );
    expect(summarise(columns)).toEqual({ minimum: 0.5, average: 2, maximum: 9, last: 3, lastAt: 120 });
  });

  it('is missing where nothing was measured', () => {
    expect(
      summarise(withGaps(series({ times: [0], averages: [null], minima: [null], maxima: [null] }))),
    ).toBeUndefined();
  });
});

describe('problem spans', () => {
  const event = (kind: ApiEvent['kind'], second: number, reason = 'DiskFull'): ApiEvent => ({
    sequence: second,
    at: new Date(second * 1000).toISOString(),
    node: 'w1',
    kind,
    check: 'disk-space',
    reason,
    message: '',
  });

  it('runs from raised to cleared, and on where it lasts', () => {
    const events = [event('raised', 90), event('cleared', 30), event('raised', 20)];
    expect(problemSpans(events, 0, 100)).toEqual([
      { from: 20, to: 30 },
      { from: 90, to: 100 },
    ]);
  });

  it('began before when only the end is known', () => {
    expect(problemSpans([event('cleared', 30)], 10, 100)).toEqual([{ from: 10, to: 30 }]);
  });

  it('merges problems at the same time', () => {
    const events = [
      event('raised', 10),
      event('raised', 20, 'Other'),
      event('cleared', 30),
      event('cleared', 40, 'Other'),
    ];
    expect(problemSpans(events, 0, 100)).toEqual([{ from: 10, to: 40 }]);
  });

  it('belongs to the series of its subject, and to all where there is none', () => {
    const [root, other] = [series({ subject: '/' }), series({ subject: '/var' })];
    const events = ['/', '/gone', undefined].map((subject, index) => ({
      ...event('raised', index),
      ...(subject === undefined ? {} : { subject }),
    }));
    expect(eventsOf(root, [root, other], events)).toEqual(events);
    expect(eventsOf(other, [root, other], events)).toEqual(events.slice(1));
  });

  it('ignores what lies outside', () => {
    expect(problemSpans([event('raised', 10), event('cleared', 20)], 50, 100)).toEqual([]);
  });
});

describe('events on a chart', () => {
  const at = (seconds: number, changes: Partial<ApiEvent> = {}): ApiEvent => ({
    sequence: seconds,
    at: new Date(seconds * 1000).toISOString(),
    node: 'w1',
    kind: 'changed',
    message: '',
    ...changes,
  });

  it('are marked by whether they are good news', () => {
    const kinds = (['raised', 'agent-stopped', 'cleared', 'changed', 'agent-started'] as const).map((kind) =>
      at(1, { kind }),
    );
    expect(marksOf(kinds).map(({ kind }) => kind)).toEqual(['bad', 'bad', 'good', 'other', 'other']);
    expect(marksOf([at(90)])).toEqual([{ at: 90, kind: 'other' }]);
  });

  it('are told where the pointer is, the nearest first', () => {
    const window = { from: 0, to: 10_000 };
    const events = [at(400), at(480), at(500), at(510), at(590), at(601)];
    expect(eventsAt(events, 500, window).map(({ sequence }) => sequence)).toEqual([500, 510, 480]);
    expect(eventsAt(events, undefined, window)).toEqual([]);
    expect(eventsAt(events, 9000, window)).toEqual([]);
  });
});
