import { expect, it } from 'vitest';
import { createFakeClock } from '../../../../test/lib/fake-clock.ts';
import { createWatchdog } from './watchdog.ts';

function setUp() {
  const clock = createFakeClock();
  const state = { deaf: new Set<string>(), ageMs: 10_000, log: [] as string[] };
  const watchdog = createWatchdog({
    clock,
    peers: () => ['a', 'b'].map((peerId) => ({ peerId, ageMs: state.ageMs })),
    carriesBroadcasts: (peerId) => !state.deaf.has(peerId),
    identify: (peerId) => state.log.push(`identify ${peerId}`),
    close: (peerId) => state.log.push(`close ${peerId}`),
  });
  return { clock, state, watchdog };
}

it('identifies a deaf peer first and closes it when that did not help', async () => {
  const { clock, state, watchdog } = setUp();
  state.deaf.add('b');
  await clock.advance(1000);
  expect(state.log).toEqual(['identify b']);
  await clock.advance(2000);
  expect(state.log).toEqual(['identify b', 'close b']);
  expect(watchdog.closed()).toBe(1);
});

it('forgets strikes of a peer that recovered', async () => {
  const { clock, state } = setUp();
  state.deaf.add('a');
  await clock.advance(2000);
  state.deaf.clear();
  await clock.advance(1000);
  state.deaf.add('a');
  await clock.advance(2000);
  expect(state.log).toEqual(['identify a', 'identify a']);
});

it('leaves a new connection alone', async () => {
  const { clock, state } = setUp();
  state.deaf.add('a');
  state.ageMs = 2999;
  await clock.advance(10_000);
  expect(state.log).toEqual([]);
});

it('stops', async () => {
  const { clock, state, watchdog } = setUp();
  state.deaf.add('a');
  watchdog.stop();
  await clock.advance(10_000);
  expect(state.log).toEqual([]);
});
