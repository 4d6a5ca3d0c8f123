/** Which faults come together in an episode. Pure: a seed repeats it. */
import type { Random } from '../../test/lib/random.ts';
import { FAULT_KINDS, type Fault } from './faults.ts';
import { between, weighted } from './random.ts';

export interface Planned {
  readonly id: string;
  readonly fault: Fault;
  /** After the begin of the episode. */
  readonly delaySeconds: number;
}

const LONGEST_DELAY_SECONDS = 10;

/** One to three faults; nobody is ended, frozen or unplugged by two of them. */
export function planEpisode(random: Random, names: readonly string[], spared: readonly string[]): readonly Planned[] {
  const count = random.chance(0.4) ? 1 : random.chance(0.7) ? 2 : 3;
  const planned: Planned[] = [];
  for (let index = 0; index < count; index += 1) {
    const taken = new Set(planned.flatMap(({ fault }) => fault.victims));
    const free = names.filter((name) => !taken.has(name));
    const kind = weighted(random, FAULT_KINDS);
    const fault = kind.plan(random, { names, free, mortal: free.filter((name) => !spared.includes(name)) });
    planned.push({ id: kind.id, fault, delaySeconds: index === 0 ? 0 : between(random, 0, LONGEST_DELAY_SECONDS) });
  }
  return planned;
}
