import { describe, expect, it } from 'vitest';
import type { ApiEvent } from '../../agent/http/contract/history.ts';
import type { TimelineQuery } from './api.ts';
import { createTimeline, mergeEvents } from './timeline.ts';

const event = (sequence: number, changes: Partial<ApiEvent> = {}): ApiEvent => ({
  sequence,
  at: new Date(sequence * 1000).toISOString(),
  node: 'w1',
  kind: 'agent-notice',
  message: '',
  ...changes,
});

/** A log that answers as the agent does: newest first, the end excluded. */
function createLog(count: number) {
  const log = { events: Array.from({ length: count }, (_, index) => event(index + 1)), broken: false };
  return {
    log,
    timeline: async ({ to, limit }: TimelineQuery) => {
      if (log.broken) throw new Error('The store does not answer.');
      const newestFirst = log.events.filter((entry) => to === undefined || Date.parse(entry.at) < to).toReversed();
      return { events: newestFirst.slice(0, limit) };
    },
  };
}

it('merges newest first without doubles, also where a log began anew', () => {
  const restarted = event(1, { at: '2026-11-20T00:00:00.000Z' });
  const merged = mergeEvents([event(2), event(1)], [event(3), event(2), restarted]);
  expect(merged).toEqual([restarted, event(3), event(2), event(1)]);
});

it('drops a provisional entry when the numbered one is there', () => {
  const at = '2026-11-20T00:00:00.000Z';
  const provisional = event(-1, { at, message: 'one' });
  const other = event(-2, { at, message: 'two' });
  const numbered = event(7, { at, message: 'one' });
  expect(mergeEvents([provisional, other], [numbered])).toEqual([numbered, other]);
});

describe('paging', () => {
  it('goes back to the first entry and then says that there is nothing older', async () => {
    const timeline = createTimeline({}, createLog(120));
    await timeline.refresh();
    expect(timeline.events.value.length).toBe(40);
    expect(timeline.hasOlder.value).toBe(true);
    for (let page = 0; page < 3; page += 1) await timeline.loadOlder();
    expect(timeline.events.value.map((entry) => entry.sequence)).toEqual(
      Array.from({ length: 120 }, (_, i) => 120 - i),
    );
    expect(timeline.hasOlder.value).toBe(false);
  });

  it('keeps older pages on a refresh that joins them, and drops them where entries may be missing', async () => {
    const { log, timeline: ask } = createLog(120);
    const timeline = createTimeline({}, { timeline: ask });
    await timeline.refresh();
    await timeline.loadOlder();
    log.events.push(event(121));
    await timeline.refresh();
    expect(timeline.events.value.length).toBeGreaterThan(79);
    log.events.push(...Array.from({ length: 80 }, (_, index) => event(122 + index)));
    await timeline.refresh();
    expect(timeline.events.value.length).toBe(40);
    expect(timeline.hasOlder.value).toBe(true);
  });
});

describe('what the stream delivers for days', () => {
  const many = (from: number, count: number) => Array.from({ length: count }, (_, index) => event(from + index));

  it('is held up to two hundred entries, and what went can be asked for', async () => {
    const { log, timeline: ask } = createLog(0);
    const timeline = createTimeline({}, { timeline: ask });
    await timeline.refresh();
    expect(timeline.hasOlder.value).toBe(false);
    log.events.push(...many(1, 230));
    for (const entry of log.events) timeline.add([entry]);
    expect(timeline.events.value.map(({ sequence }) => sequence)).toEqual(
      many(31, 200)
        .map(({ sequence }) => sequence)
        .toReversed(),
    );
    expect(timeline.hasOlder.value).toBe(true);
    await timeline.loadOlder();
    expect([timeline.events.value.length, timeline.hasOlder.value]).toEqual([230, false]);
  });

  it('takes the place of the oldest where more was asked for', async () => {
    const { timeline: ask } = createLog(400);
    const timeline = createTimeline({}, { timeline: ask });
    await timeline.refresh();
    while (timeline.hasOlder.value === true) await timeline.loadOlder();
    expect(timeline.events.value.length).toBe(400);
    timeline.add(many(401, 3));
    expect([timeline.events.value.length, timeline.events.value[0]?.sequence]).toEqual([400, 403]);
    expect(timeline.hasOlder.value).toBe(true);
  });
});

it('takes from the stream what matches', () => {
  const timeline = createTimeline({ check: 'etcd' }, createLog(0));
  timeline.add([event(1, { check: 'etcd' }), event(2, { check: 'dns' }), event(3)]);
  expect(timeline.events.value.map((entry) => entry.sequence)).toEqual([1]);
});

it('keeps what it has when the store does not answer', async () => {
  const { log, timeline: ask } = createLog(3);
  const timeline = createTimeline({}, { timeline: ask });
  await timeline.refresh();
  log.broken = true;
  await timeline.refresh();
  expect(timeline.failure.value).toBe('The store does not answer.');
  expect(timeline.events.value.length).toBe(3);
});
