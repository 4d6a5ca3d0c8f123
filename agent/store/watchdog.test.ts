import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { Clock } from '../base/clock.ts';
import { BLOCKED_MS, type Watchdog, createWatchdog } from './watchdog.ts';

interface Fixture {
  readonly clock: FakeClock;
  readonly watchdog: Watchdog;
  /** Signals and records, in order. */
  readonly done: string[];
  readonly agent: { state: string | undefined };
  /** The child's own loop stands still for so long. */
  readonly pause: (durationMs: number) => void;
}

function aWatchdog(options: { readonly recordHangs?: boolean; readonly diesOf?: string } = {}): Fixture {
  const clock = createFakeClock();
  const done: string[] = [];
  const agent: { state: string | undefined } = { state: 'R' };
  let pausedMs = 0;
  const pausable: Clock = { ...clock, monotonic: () => clock.monotonic() + pausedMs };
  const watchdog = createWatchdog({
    clock: pausable,
    agent: () => (agent.state === undefined ? undefined : { state: agent.state, parent: 1 }),
    signal: (name) => {
      done.push(name);
      if (name === options.diesOf) agent.state = undefined;
    },
    record: () => {
      done.push('record');
      return options.recordHangs === true ? new Promise(() => {}) : Promise.resolve();
    },
  });
  return {
    clock,
    watchdog,
    done,
    agent,
    pause: (durationMs) => {
      pausedMs += durationMs;
    },
  };
}

describe('an agent that gives no sign of life', () => {
  it('is recorded and ended after ten seconds', async () => {
    const { clock, watchdog, done } = aWatchdog({ diesOf: 'SIGALRM' });
    watchdog.heard();
    await clock.advance(BLOCKED_MS - 1);
    expect(done).toEqual([]);
    await clock.advance(1000);
    expect(done).toEqual(['record', 'SIGALRM']);
    await clock.advance(30_000);
    expect(done).toEqual(['record', 'SIGALRM']);
  });

  it('is killed when it survives SIGALRM', async () => {
    const { clock, watchdog, done } = aWatchdog();
    watchdog.heard();
    await clock.advance(BLOCKED_MS + 1000);
    expect(done).toEqual(['record', 'SIGALRM']);
    await clock.advance(2000);
    expect(done).toEqual(['record', 'SIGALRM', 'SIGKILL']);
  });

  it('is ended two seconds later when the record hangs with the disk', async () => {
    const { clock, watchdog, done } = aWatchdog({ recordHangs: true, diesOf: 'SIGALRM' });
    watchdog.heard();
    await clock.advance(BLOCKED_MS + 1500);
    expect(done).toEqual(['record']);
    await clock.advance(1500);
    expect(done).toEqual(['record', 'SIGALRM']);
  });
});

describe('an agent is left alone', () => {
  it('while it gives signs of life, each late', async () => {
    const { clock, watchdog, done } = aWatchdog();
    for (let round = 0; round < 10; round += 1) {
      watchdog.heard();
      await clock.advance(BLOCKED_MS - 1500);
    }
    expect(done).toEqual([]);
  });

  it('before it gave the first one', async () => {
    const { clock, done } = aWatchdog();
    await clock.advance(60_000);
    expect(done).toEqual([]);
  });

  it.each(['T', 't'])('while it is stopped (%s), and for ten seconds after', async (state) => {
    const { clock, watchdog, done, agent } = aWatchdog();
    watchdog.heard();
    agent.state = state;
    await clock.advance(600_000);
    agent.state = 'R';
    await clock.advance(BLOCKED_MS - 1500);
    expect(done).toEqual([]);
    await clock.advance(3000);
    expect(done).toEqual(['record', 'SIGALRM']);
  });

  it('when its store process was away as long as it was', async () => {
    const { clock, watchdog, done, pause } = aWatchdog();
    watchdog.heard();
    await clock.advance(5000);
    pause(20_000);
    await clock.advance(1000);
    watchdog.heard();
    await clock.advance(5000);
    expect(done).toEqual([]);
  });

  it('when it ends in order', async () => {
    const { clock, watchdog, done } = aWatchdog();
    watchdog.heard();
    watchdog.stop();
    await clock.advance(60_000);
    expect(done).toEqual([]);
  });

  it('when it is gone already', async () => {
    const { clock, watchdog, done, agent } = aWatchdog();
    watchdog.heard();
    agent.state = undefined;
    await clock.advance(60_000);
    expect(done).toEqual([]);
  });
});
