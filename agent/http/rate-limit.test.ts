import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { createRateLimiter } from './rate-limit.ts';

const OPTIONS = { ratePerSecond: 10, burst: 20, maxClients: 3 };

it('lets a burst pass, then the rate', async () => {
  const clock = createFakeClock();
  const limiter = createRateLimiter(OPTIONS, clock);
  const takeAll = (): number => {
    let taken = 0;
    while (limiter.take('a')) taken += 1;
    return taken;
  };

  expect(takeAll()).toBe(20);
  await clock.advance(1000);
  expect(takeAll()).toBe(10);
  await clock.advance(60_000);
  expect(takeAll()).toBe(20);
});

it('keeps clients apart', () => {
  const limiter = createRateLimiter(OPTIONS, createFakeClock());
  for (let count = 0; count < 20; count += 1) limiter.take('a');

  expect(limiter.take('a')).toBe(false);
  expect(limiter.take('b')).toBe(true);
});

it('forgets whom it has not heard of for longest', () => {
  const limiter = createRateLimiter(OPTIONS, createFakeClock());
  for (let count = 0; count < 20; count += 1) limiter.take('busy');
  for (const client of ['b', 'c']) limiter.take(client);
  limiter.take('busy');
  for (const client of ['d', 'e']) limiter.take(client);

  expect(limiter.size()).toBe(3);
  expect(limiter.take('busy')).toBe(false);
});
