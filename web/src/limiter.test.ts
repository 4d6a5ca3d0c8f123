import { expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

/** Tasks that end when they are told to, and the names of those that were started. */
function createTasks() {
  const started: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const task = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      started.push(name);
      ends.set(name, (failure) => (failure === undefined ? resolve(name) : reject(failure)));
    });
  return { started, task, end: (name: string, failure?: Error) => ends.get(name)?.(failure) };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

it('starts no more than fit, in their order, urgent ones first', async () => {
  const limiter = createLimiter(2);
  const { started, task, end } = createTasks();
  const results = ['a', 'b', 'c'].map((name) => limiter.run(task(name)));
  results.push(limiter.run(task('status'), true));
  await settle();
  expect(started).toEqual(['a', 'b']);
  end('b');
  await settle();
  expect(started).toEqual(['a', 'b', 'status']);
  end('a');
  end('status');
  await settle();
  expect(started).toEqual(['a', 'b', 'status', 'c']);
  end('c');
  expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'status']);
});

it('has room again after a failure', async () => {
  const limiter = createLimiter(1);
  const { started, task, end } = createTasks();
  const failing = limiter.run(task('a'));
  const following = limiter.run(task('b'));
  await settle();
  end('a', new Error('gone'));
  await expect(failing).rejects.toThrow('gone');
  await settle();
  expect(started).toEqual(['a', 'b']);
  end('b');
  expect(await following).toBe('b');
});
