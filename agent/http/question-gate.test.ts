import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { createQuestionGate } from './question-gate.ts';

const never = (): Promise<never> => new Promise(() => {});

it('lets eight through at once, and the next when one came back', async () => {
  const ask = createQuestionGate(createFakeClock());
  let answer: (value: string) => void = () => {};
  const first = ask(() => new Promise<string>((resolve) => (answer = resolve)));
  for (let count = 1; count < 8; count += 1) void ask(never).catch(() => {});
  await expect(ask(never)).rejects.toMatchObject({ statusCode: 503 });
  answer('here');
  expect(await first).toBe('here');
  expect(await ask(() => Promise.resolve('again'))).toBe('again');
});

it('waits for eight seconds, and its place is free when the question has ended, and not before', async () => {
  const clock = createFakeClock();
  const ask = createQuestionGate(clock);
  let end: (error: Error) => void = () => {};
  const hanging = new Promise<never>((_, reject) => (end = reject));
  const all = Array.from({ length: 8 }, () => expect(ask(() => hanging)).rejects.toMatchObject({ statusCode: 503 }));
  await clock.advance(7999);
  const TOO_MANY = { message: expect.stringContaining('Too many') as string };
  await expect(ask(never)).rejects.toMatchObject(TOO_MANY);
  await clock.advance(1);
  await Promise.all(all);
  await expect(ask(never)).rejects.toMatchObject(TOO_MANY);
  end(new Error('it took too long'));
  await clock.advance(1);
  expect(await ask(() => Promise.resolve('here'))).toBe('here');
});

it('passes on what went wrong', async () => {
  const ask = createQuestionGate(createFakeClock());
  for (let count = 0; count < 20; count += 1)
    await expect(ask(() => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
});
