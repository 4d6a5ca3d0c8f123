import { expect, it } from 'vitest';
import { beforeDeadline } from './deadline.ts';

it('yields what the work yields, and its failure', async () => {
  const { signal } = new AbortController();
  await expect(beforeDeadline(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(beforeDeadline(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

it('gives up at the deadline, before or during the work', async () => {
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = beforeDeadline(promise, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await expect(beforeDeadline(promise, controller.signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  // A failure that comes later bothers nobody.
  reject(new Error('late'));
});
