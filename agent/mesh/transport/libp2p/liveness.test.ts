import { expect, it } from 'vitest';
import { createFakeClock } from '../../../../test/lib/fake-clock.ts';
import { watchLiveness } from './liveness.ts';

function setUp() {
  const clock = createFakeClock();
  const connection = { name: 'a' };
  const state = { answers: true, closed: 0, pings: 0 };
  const stop = watchLiveness({
    clock,
    connections: () => [connection],
    ping: (_connection, signal) => {
      state.pings += 1;
      if (state.answers) return Promise.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    },
    close: () => (state.closed += 1),
  });
  return { clock, state, stop };
}

it('closes a connection that missed two rounds in a row', async () => {
  const { clock, state } = setUp();
  await clock.advance(60_000);
  state.answers = false;
  await clock.advance(29_000);
  expect(state.closed).toBe(0);
  await clock.advance(11_000);
  expect(state.closed).toBe(1);
});

it('forgives one round', async () => {
  const { clock, state } = setUp();
  for (let round = 0; round < 5; round += 1) {
    state.answers = false;
    await clock.advance(15_000);
    state.answers = true;
    await clock.advance(15_000);
  }
  expect(state.closed).toBe(0);
});

it('stops at once, and leaves no timer', async () => {
  const { clock, state, stop } = setUp();
  state.answers = false;
  await clock.advance(15_000);
  stop();
  await clock.advance(60_000);
  expect(state).toMatchObject({ closed: 0, pings: 1 });
  expect(clock.pendingTimers()).toBe(0);
});
