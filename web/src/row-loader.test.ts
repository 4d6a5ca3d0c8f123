import { expect, it } from 'vitest';
import { createRowLoader, MAX_ROWS_IN_FLIGHT } from './row-loader.ts';

const PERIOD_MS = 15_000;
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index}`);
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

function create() {
  const asked: string[] = [];
  const ends = new Map<string, (failed: boolean) => void>();
  const loadedAt = new Map<string, number>();
  const world = { now: 1_000_000, enabled: true };
  const loader = createRowLoader({
    now: () => world.now,
    enabled: () => world.enabled,
    dueAt: (name) => (loadedAt.get(name) ?? -Infinity) + PERIOD_MS,
    load: async (name) => {
      asked.push(name);
      const failed = await new Promise<boolean>((resolve) => ends.set(name, resolve));
      if (failed) throw new Error('no answer');
      loadedAt.set(name, world.now);
    },
  });
  const end = async (name: string, failed = false): Promise<void> => {
    ends.get(name)?.(failed);
    ends.delete(name);
    await settle();
  };
  return { loader, asked, world, end, take: () => asked.splice(0) };
}

it('asks for a few at a time, and goes on when one has answered', async () => {
  const { loader, take, end } = create();
  loader.want(names(10));
  expect(take()).toEqual(names(MAX_ROWS_IN_FLIGHT));
  loader.tick();
  expect(take()).toEqual([]);
  await end('w1');
  expect(take()).toEqual(['w3']);
});

it('forgets what was scrolled past before its turn', async () => {
  const { loader, take, end } = create();
  loader.want(names(500));
  take();
  loader.want(['w400', 'w401']);
  for (const name of ['w0', 'w1', 'w2']) await end(name);
  expect(take()).toEqual(['w400', 'w401']);
});

it('asks again when an answer is due, and later after a failure', async () => {
  const { loader, take, end, world } = create();
  loader.want(['w0', 'w1']);
  await end('w0');
  await end('w1', true);
  take();
  world.now += 4999;
  loader.tick();
  expect(take()).toEqual([]);
  world.now += 1;
  loader.tick();
  expect(take()).toEqual(['w1']);
  await end('w1');
  world.now += PERIOD_MS;
  loader.tick();
  expect(take()).toEqual(['w0', 'w1']);
});

it('asks for nothing while it may not', async () => {
  const { loader, take, world, end } = create();
  world.enabled = false;
  loader.want(names(3));
  expect(take()).toEqual([]);
  world.enabled = true;
  loader.tick();
  expect(take()).toEqual(names(3));
  world.enabled = false;
  loader.want(names(9));
  await end('w0');
  expect(take()).toEqual([]);
});
