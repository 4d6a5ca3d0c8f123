import { expect, it, vi } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { startDeadline } from './deadline.ts';

it('expires after its time and can be called off', async () => {
  const clock = createFakeClock();
  const expire = vi.fn();
  startDeadline(clock, 1000, expire);
  const cancel = startDeadline(clock, 1000, () => expect.unreachable());
  await clock.advance(999);
  expect(expire).not.toHaveBeenCalled();
  cancel();
  await clock.advance(1);
  expect(expire).toHaveBeenCalledOnce();
  expect(clock.pendingTimers()).toBe(0);
});

it('is judged one turn later, so that an answer which was read meanwhile counts', async () => {
  const clock = createFakeClock();
  const turns: (() => void)[] = [];
  const cancel = startDeadline(
    { ...clock, after: (_ms, action) => (turns.push(action), () => turns.splice(0)) },
    10,
    () => expect.unreachable(),
  );
  await clock.advance(10);
  turns.shift()?.();
  expect(turns).toHaveLength(1);
  cancel();
  expect(turns).toHaveLength(0);
});

it('starts anew when its timer runs late, but not for ever', async () => {
  const clock = createFakeClock();
  const expire = vi.fn();
  let lateMs = 201;
  // Every timer runs that much later than it should.
  startDeadline({ ...clock, after: (ms, action) => clock.after(ms + lateMs, action) }, 100, expire);
  await clock.advance(4 * 301);
  expect(expire).not.toHaveBeenCalled();
  lateMs = 0;
  await clock.advance(401);
  expect(expire).toHaveBeenCalledOnce();

  const second = vi.fn();
  startDeadline({ ...clock, after: (ms, action) => clock.after(ms + 201, action) }, 100, second);
  await clock.advance(5 * 301 + 201);
  expect(second).toHaveBeenCalledOnce();
});
