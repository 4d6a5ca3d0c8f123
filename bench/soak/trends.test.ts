import { expect, it } from 'vitest';
import type { Sample } from './sampler.ts';
import { curvesOf, trendsOf } from './trends.ts';

const MINUTE = 60;
const line = (name: string, perMinute: number, startOf: (minute: number) => number = () => 1): Sample[] =>
  Array.from({ length: 61 }, (_, minute) => ({
    name,
    start: startOf(minute),
    atSeconds: minute * MINUTE,
    values: { agentFds: 100 + perMinute * minute },
  }));

it('gives the slope an hour of the median and of the worst agent', () => {
  const [trend] = trendsOf([...line('a', 0), ...line('b', 1), ...line('c', 5)]);

  expect(trend).toMatchObject({ figure: 'agentFds', worst: 'c', agents: 3, first: 120, last: 160 });
  expect(trend?.medianSlope).toBeCloseTo(60);
  expect(trend?.worstSlope).toBeCloseTo(300);
});

it('leaves out the first third, and whoever was started again after it', () => {
  const early = line('early', 1, (minute) => (minute < 10 ? 1 : 2));
  const late = line('late', 9, (minute) => (minute < 40 ? 1 : 2));
  const [trend] = trendsOf([...early, ...late]);

  expect(trend).toMatchObject({ worst: 'early', agents: 1 });
});

it('draws the curve of who was never started again', () => {
  const often = line('often', 100, (minute) => 1 + Math.floor(minute / 10));
  const curve = curvesOf([...line('a', 1), ...often])['agentFds'];

  expect(curve).toHaveLength(10);
  expect(curve?.at(-1)).toBeLessThanOrEqual(160);
  expect(curve?.at(0)).toBeLessThan(curve?.at(-1) ?? 0);
});
