import { expect, it } from 'vitest';
import { createStormBrake } from './storm-brake.ts';

/** Notes `count` events, evenly over a second from `from` on. */
const second = (brake: ReturnType<typeof createStormBrake>, from: number, count: number): void => {
  for (let index = 0; index < count; index += 1) brake.note(from + (index * 1000) / count);
};

it('stays off at 50 events a second and goes on at more', () => {
  const calm = createStormBrake();
  for (let at = 0; at < 10; at += 1) second(calm, at * 1000, 50);
  const storm = createStormBrake();
  second(storm, 0, 52);

  expect(calm.isOn(10_000)).toBe(false);
  expect(storm.isOn(1000)).toBe(true);
});

it('goes off after 2 s of fewer than 10 a second, not before', () => {
  const brake = createStormBrake();
  second(brake, 0, 100);

  expect([2900, 3880, 3901].map((now) => brake.isOn(now))).toEqual([true, true, false]);
});

it('stays on while 10 a second come, and not while 9 do', () => {
  const [ten, nine] = [createStormBrake(), createStormBrake()];
  second(ten, 0, 100);
  second(nine, 0, 100);
  for (let at = 1; at < 10; at += 1) {
    second(ten, at * 1000, 11);
    second(nine, at * 1000, 8);
  }

  expect([ten.isOn(9990), nine.isOn(9990)]).toEqual([true, false]);
});
