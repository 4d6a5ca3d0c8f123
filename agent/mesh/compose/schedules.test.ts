/** What waits for its time: the own report, and news of edges. */
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { EdgesEvent } from '../codec/event.ts';
import { createEdgeNews } from './edge-news.ts';
import { createReportSchedule } from './report-schedule.ts';

describe('report schedule', () => {
  const aSchedule = (publish: (force: boolean) => boolean, promisedMs = 15_000) => {
    const clock = createFakeClock();
    const said: [number, boolean][] = [];
    const schedule = createReportSchedule({
      clock,
      random: () => 0,
      publish(force) {
        if (!publish(force)) return undefined;
        said.push([clock.monotonic(), force]);
        return promisedMs;
      },
    });
    return { clock, said, schedule };
  };

  it('publishes at the start and before every 15 s are over', async () => {
    const { clock, said, schedule } = aSchedule(() => true);
    schedule.start();
    await clock.advance(30_000);

    expect(said).toEqual([
      [0, true],
      [13_500, true],
      [27_000, true],
    ]);
    schedule.stop();
    expect(clock.pendingTimers()).toBe(0);
  });

  it('keeps a longer promise, and looks every 15 s whether anything changed unasked', async () => {
    let isOther = false;
    const { clock, said, schedule } = aSchedule((force) => force || isOther, 60_000);
    schedule.start();
    await clock.advance(20_000);
    isOther = true;
    await clock.advance(11_000);
    isOther = false;
    await clock.advance(60_000);

    expect(said).toEqual([
      [0, true],
      [30_000, false],
      [84_000, true],
    ]);
    schedule.stop();
  });

  it('tries again in a moment where nothing could be said at the start', async () => {
    let isSpeaking = false;
    const { clock, said, schedule } = aSchedule(() => isSpeaking);
    schedule.start();
    await clock.advance(500);
    isSpeaking = true;
    await clock.advance(600);

    expect(said).toEqual([[1000, true]]);
    schedule.stop();
  });

  it('publishes a change at once, and many of them once a second', async () => {
    const { clock, said, schedule } = aSchedule(() => true);
    schedule.request();
    schedule.start();
    await clock.advance(5000);
    schedule.request();
    await clock.advance(100);
    schedule.request();
    schedule.request();
    await clock.advance(2000);

    expect(said.map(([at]) => at)).toEqual([0, 5000, 6000]);
  });

  it('looks once more some seconds after a change', async () => {
    const { clock, said, schedule } = aSchedule((force) => force || clock.monotonic() >= 5000);
    schedule.start();
    await clock.advance(5000);
    schedule.request();
    await clock.advance(2999);
    expect(said.map(([at]) => at)).toEqual([0, 5000]);
    await clock.advance(1);
    expect(said.map(([at]) => at)).toEqual([0, 5000, 8000]);
    schedule.stop();
    expect(clock.pendingTimers()).toBe(0);
  });

  it('does not put off the heartbeat for a change that was none', async () => {
    const { clock, said, schedule } = aSchedule((force) => force);
    schedule.start();
    for (let second = 0; second < 15; second += 1) {
      schedule.request();
      await clock.advance(1000);
    }

    expect(said.map(([at]) => at)).toEqual([0, 13_500]);
  });
});

describe('edge news', () => {
  it('tells what changed in one moment in one event, each edge as it is last', async () => {
    const clock = createFakeClock();
    const told: EdgesEvent[] = [];
    const news = createEdgeNews({ clock, node: 'node-a', members: () => 8, tell: (event) => told.push(event) });
    news.changed({ peer: 'AAAAAAAAAAA', state: 'lost' });
    news.changed({ peer: 'BBBBBBBBBBB', state: 'lost' });
    news.changed({ peer: 'AAAAAAAAAAA', state: 'good' });
    await clock.advance(0);
    news.changed({ peer: 'BBBBBBBBBBB' });
    await clock.advance(199);
    expect(told).toHaveLength(1);
    await clock.advance(1);

    expect(told.map(({ edges }) => edges)).toEqual([
      [
        { peer: 'AAAAAAAAAAA', state: 'good' },
        { peer: 'BBBBBBBBBBB', state: 'lost' },
      ],
      [{ peer: 'BBBBBBBBBBB' }],
    ]);
  });

  it('takes several events where one has not room enough', async () => {
    const clock = createFakeClock();
    const told: EdgesEvent[] = [];
    const news = createEdgeNews({ clock, node: 'node-a', members: () => 8, tell: (event) => told.push(event) });
    for (let peer = 0; peer < 30; peer += 1) news.changed({ peer: `${peer}`.padStart(11, 'A'), state: 'lost' });
    await clock.advance(0);

    expect(told.map(({ edges }) => edges.length)).toEqual([12, 12, 6]);
  });

  it('tells fewer events the more members there are, but at once that an agent does not answer', async () => {
    const clock = createFakeClock();
    const told: [atMs: number, state: unknown][] = [];
    const tell = ({ edges }: EdgesEvent): void => void told.push([clock.monotonic(), edges.map(({ state }) => state)]);
    const news = createEdgeNews({ clock, node: 'node-a', members: () => 24, tell });
    const peers = ['AAAAAAAAAAA', 'BBBBBBBBBBB', 'CCCCCCCCCCC'] as const;
    for (const state of ['lost', 'good', 'refused'] as const) {
      for (const peer of peers) {
        news.changed({ peer, state });
        await clock.advance(250);
      }
      await clock.advance(1250);
    }

    expect(told).toEqual([
      [0, ['lost']],
      [600, ['lost', 'lost']],
      [2400, ['good', 'good']],
      [3000, ['good']],
      [4000, ['refused']],
      [4250, ['refused']],
      [4500, ['refused']],
    ]);
  });
});
