import { expect, it } from 'vitest';
import { createRandom } from '../../test/lib/random.ts';
import { FAULT_KINDS } from './faults.ts';
import { planEpisode } from './schedule.ts';

const NAMES = Array.from({ length: 6 }, (_, index) => `s${index + 1}`);
const SPARED = ['s5', 's6'];
const planAll = (seed: number) => {
  const random = createRandom(seed);
  return Array.from({ length: 300 }, () => planEpisode(random, NAMES, SPARED));
};
const textsOf = (seed: number): string[] =>
  planAll(seed)
    .flat()
    .map(({ fault }) => fault.text);

it('is repeated by its seed', () => {
  expect(textsOf(7)).toEqual(textsOf(7));
  expect(textsOf(7)).not.toEqual(textsOf(8));
});

it('comes to every kind of fault, and never ends who is spared', () => {
  const planned = planAll(7).flat();
  const ending = planned.filter(({ id }) => !['freeze', 'flapping link'].includes(id));

  expect(new Set(planned.map(({ id }) => id))).toEqual(new Set(FAULT_KINDS.map(({ id }) => id)));
  expect(ending.flatMap(({ fault }) => fault.victims).filter((name) => SPARED.includes(name))).toEqual([]);
});

it('does nothing to a victim that another fault of the episode has', () => {
  for (const episode of planAll(7)) {
    const victims = episode.flatMap(({ fault }) => fault.victims);
    expect(new Set(victims).size).toBe(victims.length);
  }
});
