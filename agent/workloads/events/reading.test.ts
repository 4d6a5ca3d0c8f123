import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createCoverage } from './coverage.ts';
import { type Reading, createReading } from './reading.ts';
import type { SourceHooks, SourceState } from './source.ts';
import { anEvent } from '../../../test/lib/cluster-events.ts';

const SECOND = 1000;
const TOO_LONG = 'the Kubernetes API has said nothing for ';

let clock: FakeClock;
let hooks: SourceHooks;
let source: SourceState;
let reading: Reading;
let coverage: ReturnType<typeof createCoverage>;

beforeEach(() => {
  clock = createFakeClock();
  coverage = createCoverage();
  source = { why: 'the events are being listed' };
  reading = createReading({
    clock,
    coverage,
    record: { take: () => {} },
    source: (given) => {
      hooks = given;
      return { state: () => source, stop: () => {} };
    },
  });
  reading.start();
});

const listed = (): void => {
  hooks.onEvents([anEvent(clock.now())], 'listed');
  hooks.onListed();
  source = { completeSinceMs: clock.monotonic(), heardAtMs: clock.monotonic() };
};

describe('who reads', () => {
  it('is not silent while it lists all anew, page by page, and has not seen what is new meanwhile', async () => {
    listed();
    const until = clock.now();
    for (let page = 0; page < 300; page += 1) {
      await clock.advance(SECOND);
      hooks.onEvents([anEvent(clock.now())], 'listed');
      expect(reading.state()).toMatchObject({ isCurrent: true, heardAt: 0 });
    }
    expect(coverage.until()).toBe(until);
    await clock.advance(91 * SECOND);
    expect(reading.state()).toMatchObject({ isCurrent: false, fault: `${TOO_LONG}1m 31s` });
  });

  it.each([
    [undefined, 90],
    [60_000, 90],
    [140_000, 170],
  ])('may be as quiet as its longest watch (%j ms), and half a minute more', async (quietMs, seconds) => {
    listed();
    source = { ...source, ...(quietMs !== undefined && { quietMs }) };
    await clock.advance(seconds * SECOND);
    expect(reading.state()?.isCurrent).toBe(true);
    expect(reading.state()?.fault).toBeUndefined();
    await clock.advance(SECOND);
    expect(reading.state()?.fault).toContain(TOO_LONG);
  });

  it('does not fail before its turn, and says that it waits', async () => {
    const why = 'it waits for its turn';
    source = { why, isWaiting: true };
    for (let second = 0; second < 600; second += 1) {
      await clock.advance(SECOND);
      expect(reading.state()).toMatchObject({ isCurrent: false, why });
      expect(reading.state()?.fault).toBeUndefined();
    }
    source = { why: 'connection refused' };
    await clock.advance(19 * SECOND);
    expect(reading.state()?.fault).toBeUndefined();
    await clock.advance(SECOND);
    expect(reading.state()?.fault).toBe('connection refused');
  });
});
