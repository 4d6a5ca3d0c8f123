import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { readBootMs } from './host-uptime.ts';

it('reads when the host booted, and does without it', async () => {
  const clock = createFakeClock();
  await clock.advance(5000);
  const read = (text: string) => readBootMs({ readText: async () => text }, clock);

  expect(await read('350735.47 234388.90\n')).toBeCloseTo(5000 - 350_735_470);
  expect(await read('')).toBeUndefined();
  expect(await read('-5 1\n')).toBeUndefined();
  expect(await readBootMs({ readText: () => Promise.reject(new Error('ENOENT')) }, clock)).toBeUndefined();
});
