import { expect, it } from 'vitest';
import { createGate } from './gate.ts';

it('runs two at a time, the others in order, and refuses what would wait too long', async () => {
  const gate = createGate(2, 2);
  const started: string[] = [];
  const pending = ['a', 'b', 'c', 'd'].map((name) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const done = gate(`/${name}`, async () => {
      started.push(name);
      return await promise;
    });
    return { done, resolve, reject };
  });
  await expect(gate('/e', async () => 'e')).rejects.toMatchObject({ code: 'EBUSY' });
  expect(started).toEqual(['a', 'b']);

  pending[1]?.reject(new Error('gone'));
  await expect(pending[1]?.done).rejects.toThrow('gone');
  expect(started).toEqual(['a', 'b', 'c']);

  for (const { resolve } of pending) resolve('done');
  await expect(Promise.all([pending[0]?.done, pending[2]?.done, pending[3]?.done])).resolves.toHaveLength(3);
  await expect(gate('/f', async () => 'f')).resolves.toBe('f');
});
