/** Thousands of virtual seconds of membership under faults. The seed in a failing test's name repeats it. */
import { expect, it } from 'vitest';
import { randomFault } from '../../../test/simulation/faults.ts';
import { runTrial } from '../../../test/simulation/trial.ts';
import { createRandom } from '../../../test/lib/random.ts';

/** A guard against a trial without an end; a busy machine needs seconds for the largest. */
const TIMEOUT_MS = 60_000;
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

it.each(SEEDS)(
  'seed %i',
  (seed) => {
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
  },
  TIMEOUT_MS,
);
