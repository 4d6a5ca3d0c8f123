import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createHeldTargets } from './held-targets.ts';

const target = (node: string, address = '10.244.1.5') => ({ node, addresses: [address] });

it('holds who is not named for a moment, and drops who is gone', async () => {
  const clock = createFakeClock();
  const hold = createHeldTargets(clock);
  expect(hold([target('w1'), target('w2')])).toHaveLength(2);
  await clock.advance(5000);
  expect(hold([target('w2')])).toEqual([target('w2'), target('w1')]);
  await clock.advance(3000);
  expect(hold([target('w2')])).toEqual([target('w2')]);
  await clock.advance(11_000);
  expect(hold([])).toEqual([]);
});

it('takes the new address of a pod that was replaced', async () => {
  const clock = createFakeClock();
  const hold = createHeldTargets(clock);
  hold([target('w1')]);
  await clock.advance(2000);
  expect(hold([target('w1', '10.244.1.9')])).toEqual([target('w1', '10.244.1.9')]);
  await clock.advance(2000);
  expect(hold([])).toEqual([target('w1', '10.244.1.9')]);
});
