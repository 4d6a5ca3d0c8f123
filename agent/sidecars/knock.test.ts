/** With real connections on loopback. */
import { expect, it } from 'vitest';
import { knockAt } from './knock.ts';

const never = new AbortController().signal;

it('takes a refusal for an answer', async () => {
  expect(await knockAt('127.0.77.9', never)).toBeUndefined();
});

it('says why there was none', async () => {
  // Multicast: no connection is made to it.
  expect(await knockAt('224.0.0.1', never)).toMatch(/^E[A-Z]+$/);
  expect(await knockAt('127.0.77.9', AbortSignal.abort())).toBe('no time to ask');
});
