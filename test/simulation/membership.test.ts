/** Hours of membership under faults in virtual time. The seed in a failing test's name repeats it. */
import { expect, it } from 'vitest';
import { type Fault, frozenAgents, hostLoss, killedAgents, loss, partition, randomFault } from './faults.ts';
import { createRandom } from '../lib/random.ts';
import { runTrial } from './trial.ts';

const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1);

it.each(SEEDS)('seed %i: two faults one after the other', (seed) => {
  const random = createRandom(7919 * seed);
  const size = 1 + random.integer(random.chance(0.7) ? 10 : 32);
  const done: string[] = [];
  const trial = runTrial(size, seed, function* ({ names }) {
    for (let round = 0; round < 2; round += 1) {
      const fault = randomFault(names, random);
      done.push(fault.what);
      yield fault;
    }
  });

  expect(trial.violations, `${size} members: ${done.join(', then ')}`).toEqual([]);
});

/** `n1` to `n<count>`, or from another first. */
const members = (count: number, first = 1): string[] =>
  Array.from({ length: count }, (_, index) => `n${first + index}`);

const TRIALS: readonly (readonly [what: string, size: number, fault: () => Fault])[] = [
  ['three of eight cut off', 8, () => partition([members(3), members(5, 4)], [], 8)],
  ['the same for a minute', 8, () => partition([members(3), members(5, 4)], [], 8, 60_000)],
  ['the same for five minutes', 8, () => partition([members(3), members(5, 4)], [], 8, 300_000)],
  ['three of 31 cut off: few of them are neighbours', 31, () => partition([members(3), members(28, 4)], [], 31)],
  ['one host of 32', 32, () => hostLoss(new Set(['n7']), 32)],
  ['one agent of 32', 32, () => killedAgents(new Set(['n7']))],
  ['all hosts but one', 5, () => hostLoss(new Set(members(4)), 5)],
  ['an isolated host without a witness', 5, () => partition([['n1'], members(4, 2)], ['n1'], 5)],
  ['four of 32 frozen', 32, () => frozenAgents(new Set(members(4)), 2)],
  ['an agent frozen for two minutes, 8 s of every 9', 8, () => frozenAgents(new Set(['n1']), 13)],
  ['a fifth of everything lost between two, for ten minutes', 2, () => loss(0.2, 600_000)],
  ['a fifth of everything lost among eight, for two minutes', 8, () => loss(0.2, 120_000)],
];

it.each(TRIALS)('%s (of %i)', (_, size, fault) => {
  // Large clusters take a second each.
  for (const seed of size < 16 ? [1, 2, 3, 4] : [1])
    expect(runTrial(size, seed, () => [fault()]).violations, `seed ${seed}`).toEqual([]);
});
