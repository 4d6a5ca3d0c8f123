import { expect, it } from 'vitest';
import { createSeldom } from './seldom.ts';

it('is read once a minute, and when it was forgotten', async () => {
  let reads = 0;
  const read = async (): Promise<number> => (reads += 1);
  const seldom = createSeldom<number>();
  expect(await seldom.get(read, 1000)).toBe(1);
  expect(await seldom.get(read, 60_999)).toBe(1);
  expect(await seldom.get(read, 61_000)).toBe(2);
  seldom.forget();
  expect(await seldom.get(read, 61_001)).toBe(3);
});

it('is what it was while it is being read and does not answer, and is read once meanwhile', async () => {
  const answers: ((value: string) => void)[] = [];
  const read = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
  const seldom = createSeldom<string>();
  const get = (nowMs: number): Promise<string | undefined> => seldom.get(read, nowMs);
  expect(await get(0)).toBeUndefined();
  expect(await get(3000)).toBeUndefined();
  answers[0]?.('first');
  await Promise.resolve();
  expect(await get(6000)).toBe('first');
  expect(await get(70_000)).toBe('first');
  expect(answers).toHaveLength(2);
  answers[1]?.('second');
  await Promise.resolve();
  expect(await get(73_000)).toBe('second');
});
