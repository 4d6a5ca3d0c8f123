import { expect, it } from 'vitest';
import { RequestFailure } from './api.ts';
import { createFeed } from './feed.ts';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

function create(answers: (() => string)[]) {
  const world = { now: 1_000_000, asked: 0 };
  const feed = createFeed({
    now: () => world.now,
    periodMs: (value: string) => value.length * 1000,
    load: async () => {
      world.asked += 1;
      return answers.shift()?.() ?? '12345';
    },
  });
  const pollAfter = async (ms: number): Promise<number> => {
    world.now += ms;
    feed.poll();
    await settle();
    return world.asked;
  };
  return { feed, pollAfter };
}

it('asks again as often as the size of the answer allows', async () => {
  const { feed, pollAfter } = create([() => '12345', () => '1234567890']);
  expect(await pollAfter(0)).toBe(1);
  expect(await pollAfter(4999)).toBe(1);
  expect(await pollAfter(1)).toBe(2);
  expect(feed.answer.value).toEqual({ value: '1234567890', receivedAt: 1_005_000 });
  expect(await pollAfter(5000)).toBe(2);
  expect(await pollAfter(5000)).toBe(3);
});

it('asks soon after a change, and not twice a second', async () => {
  const { feed, pollAfter } = create([]);
  await pollAfter(0);
  feed.expire();
  expect(await pollAfter(999)).toBe(1);
  expect(await pollAfter(1)).toBe(2);
});

it('keeps the last answer beside a failure, and waits long for what is not there', async () => {
  const fail = (status: number) => () => {
    throw new RequestFailure('no', status);
  };
  const { feed, pollAfter } = create([() => '1', fail(503), fail(404)]);
  await pollAfter(0);
  await pollAfter(1000);
  expect(feed.failure.value).toBe('no');
  expect(feed.answer.value?.value).toBe('1');
  expect(await pollAfter(4999)).toBe(2);
  expect(await pollAfter(1)).toBe(3);
  expect(await pollAfter(29_999)).toBe(3);
  expect(await pollAfter(1)).toBe(4);
  expect(feed.failure.value).toBeUndefined();
});

it('asks again when the clock was set back', async () => {
  const { pollAfter } = create([]);
  await pollAfter(0);
  expect(await pollAfter(-3_600_000)).toBe(2);
});

it('drops an answer about something else, and asks at once', async () => {
  const world = { now: 1_000_000, about: 'w1', asked: [] as string[] };
  const waiting: (() => void)[] = [];
  const feed = createFeed({
    now: () => world.now,
    periodMs: () => 5000,
    about: () => world.about,
    load: () => {
      const { about } = world;
      world.asked.push(about);
      return new Promise<string>((resolve) => waiting.push(() => resolve(about)));
    },
  });
  feed.poll();
  world.about = 'w2';
  feed.poll();
  expect(world.asked).toEqual(['w1', 'w2']);
  for (const answer of waiting.splice(0)) answer();
  await settle();
  expect(feed.answer.value?.value).toBe('w2');
  world.about = 'w3';
  world.now += 10;
  feed.poll();
  expect(feed.answer.value).toBeUndefined();
  expect(world.asked).toEqual(['w1', 'w2', 'w3']);
});
