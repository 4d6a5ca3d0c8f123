import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { whenAborted, within } from './limit.ts';

const never = new AbortController().signal;

/** Work that ends only with its signal, and then tells why. */
const untilAborted = async (signal: AbortSignal): Promise<unknown> => {
  await whenAborted(signal);
  return signal.reason;
};

it('lets work that is done in time pass and leaves no timer', async () => {
  const clock = createFakeClock();
  expect(await within(100, clock, never, async () => 'done')).toBe('done');
  await expect(within(100, clock, never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(clock.pendingTimers()).toBe(0);
});

it('ends work at its limit with a TimeoutError', async () => {
  const clock = createFakeClock();
  const work = within(100, clock, never, untilAborted);
  await clock.advance(100);
  expect(await work).toMatchObject({ name: 'TimeoutError' });
});

it('ends work together with its parent, also one that has ended already', async () => {
  const parent = new AbortController();
  const clock = createFakeClock();
  const work = within(100, clock, parent.signal, untilAborted);
  const reason = new Error('stop');
  parent.abort(reason);
  expect(await work).toBe(reason);
  expect(await within(100, clock, parent.signal, untilAborted)).toBe(reason);
});

it('does not blame others for a deadline that fired late', async () => {
  const clock = createFakeClock();
  let fire: () => void = () => {};
  const paused = {
    ...clock,
    after: (_: number, action: () => void) => {
      fire = action;
      return () => {};
    },
  };
  const work = within(100, paused, never, untilAborted);
  await clock.advance(3100);
  fire();
  expect(await work).toMatchObject({ name: 'Error', message: 'the runtime probe itself stood still for 3.0 s' });
});
