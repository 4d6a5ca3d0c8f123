import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../test/lib/fake-clock.ts';
import { type StatusWriter, createStatusWriter } from './status-writer.ts';

describe('the last status on disk', () => {
  let clock: FakeClock;
  let writer: StatusWriter;
  let takesMs: number;
  let writtenAt: number[];
  beforeEach(() => {
    clock = createFakeClock();
    const startedAt = clock.monotonic();
    [takesMs, writtenAt] = [0, []];
    let spentMs = 0;
    writer = createStatusWriter({ ...clock, monotonic: () => clock.monotonic() + spentMs }, () => {
      writtenAt.push(clock.monotonic() - startedAt);
      spentMs += takesMs;
    });
  });

  it('is written at once, and not again while the same is said', async () => {
    writer.said('all is well');
    writer.said('all is well');
    await clock.advance(10_000);
    writer.said('all is well');
    expect(writtenAt).toEqual([0]);
    writer.said('n2 is lost');
    expect(writtenAt).toEqual([0, 10_000]);
  });

  it('is written once a second while it changes all the time, and the last of it, too', async () => {
    for (let ms = 0; ms < 1500; ms += 100) {
      writer.said(`${ms}`);
      await clock.advance(100);
    }
    expect(writtenAt).toEqual([0, 1000]);
    await clock.advance(10_000);
    expect(writtenAt).toEqual([0, 1000, 2000]);
  });

  it('is not written again for what was taken back meanwhile', async () => {
    writer.said('all is well');
    writer.said('n2 is lost');
    writer.said('all is well');
    await clock.advance(10_000);
    expect(writtenAt).toEqual([0]);
  });

  it('rests a hundred times as long as it took', async () => {
    takesMs = 300;
    writer.said('one');
    writer.said('two');
    await clock.advance(29_999);
    expect(writtenAt).toEqual([0]);
    await clock.advance(1);
    expect(writtenAt).toEqual([0, 30_000]);
  });

  it('is written when the agent stops, if it waits', async () => {
    writer.said('one');
    writer.said('two');
    writer.stop();
    expect(writtenAt).toEqual([0, 0]);
    await clock.advance(10_000);
    expect(writtenAt).toEqual([0, 0]);
  });
});
