import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createAllowance } from './allowance.ts';

const takeAll = (allowance: ReturnType<typeof createAllowance>, destination = 'a', perMinute = 15): number => {
  let taken = 0;
  while (allowance.take(destination, perMinute).kind === 'taken') taken += 1;
  return taken;
};

it('gives five in the first minute and never more than the limit in any minute', async () => {
  const clock = createFakeClock();
  const allowance = createAllowance(clock);
  const at: number[] = [];
  for (let second = 0; second < 600; second += 1) {
    for (let count = takeAll(allowance); count > 0; count -= 1) at.push(clock.monotonic());
    await clock.advance(1000);
  }

  expect(at.filter((one) => one < 60_000)).toHaveLength(5);
  const most = Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + 60_000).length));
  expect(most).toBe(15);
  expect(at).toHaveLength(5 + 9 * 15);
});

it('says when to ask again, to the millisecond', async () => {
  const clock = createFakeClock();
  const allowance = createAllowance(clock);
  await clock.advance(60_000);
  allowance.take('a', 2);
  await clock.advance(10_000);
  allowance.take('a', 2);

  expect(allowance.take('a', 2)).toEqual({ kind: 'wait', forMs: 50_000, isPaused: false });
  await clock.advance(49_999);
  expect(allowance.take('a', 2).kind).toBe('wait');
  await clock.advance(1);
  expect(allowance.take('a', 2).kind).toBe('taken');
});

it('keeps two as far apart as it is asked to', async () => {
  const clock = createFakeClock();
  const allowance = createAllowance(clock);
  await clock.advance(60_000);
  expect(allowance.take('a', 15, 1000).kind).toBe('taken');
  await clock.advance(400);
  expect(allowance.take('a', 15, 1000)).toEqual({ kind: 'wait', forMs: 600, isPaused: false });
  await clock.advance(600);
  expect(allowance.take('a', 15, 1000).kind).toBe('taken');
});

it('keeps destinations apart, and a pause to the one that asked for it', async () => {
  const clock = createFakeClock();
  const allowance = createAllowance(clock);
  allowance.pause('a', 600_000);
  allowance.pause('a', 1000);

  expect(allowance.take('a', 15)).toEqual({ kind: 'wait', forMs: 600_000, isPaused: true });
  expect(takeAll(allowance, 'b')).toBe(5);
  await clock.advance(600_000);
  expect(takeAll(allowance)).toBe(15);
});

it('after a pause of the first minute waits no longer than that minute', () => {
  const clock = createFakeClock();
  const allowance = createAllowance(clock);
  expect(takeAll(allowance, 'a', 3)).toBe(3);
  expect(allowance.take('a', 3)).toEqual({ kind: 'wait', forMs: 60_000, isPaused: false });
});
