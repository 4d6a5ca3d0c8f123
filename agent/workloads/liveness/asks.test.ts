import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { UNASKED_MS, createAskBook } from './asks.ts';

const ONE = { namespace: 'prod', pod: 'worker-0' };
const OTHER = { ...ONE, pod: 'worker-1' };

it('tells what nobody has asked after for ten minutes, ever or any more', async () => {
  const clock = createFakeClock();
  const asks = createAskBook(clock);
  asks.see([ONE, OTHER]);
  await clock.advance(UNASKED_MS);
  expect([asks.of(ONE), asks.of(OTHER)]).toEqual([{}, {}]);
  asks.note([ONE]);
  const askedAt = clock.now();
  await clock.advance(1000);
  expect([asks.of(ONE), asks.of(OTHER)]).toEqual([{ askedAt }, { unaskedMs: UNASKED_MS + 1000 }]);
  await clock.advance(UNASKED_MS);
  expect(asks.of(ONE)).toEqual({ askedAt, unaskedMs: UNASKED_MS + 1000 });
  asks.note([ONE]);
  expect(asks.of(ONE)).toEqual({ askedAt: clock.now() });
});

it('remembers what is there, and nothing else', async () => {
  const clock = createFakeClock();
  const asks = createAskBook(clock);
  asks.note([ONE]);
  expect(asks.of(ONE)).toEqual({});
  asks.see([ONE]);
  await clock.advance(UNASKED_MS + 1);
  expect(asks.of(ONE)).toEqual({ unaskedMs: UNASKED_MS + 1 });
  asks.see([OTHER]);
  asks.see([ONE]);
  expect(asks.of(ONE)).toEqual({});
});
