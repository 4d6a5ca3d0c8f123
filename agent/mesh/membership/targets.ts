/** Whom an agent probes. */
import type { EdgeState } from '../../model/member.ts';
import type { Neighbourhood } from './neighbourhood.ts';

export interface Aim {
  readonly neighbourhood: Pick<Neighbourhood, 'neighbours' | 'subjects'>;
  /** False until it knows who is there: only its neighbours are probed. */
  readonly observes: boolean;
  /** Undefined: not probed so far. Its state is undefined while nothing is known. */
  readonly edgeOf: (name: string) => { readonly state: EdgeState | undefined } | undefined;
  /** Members that cannot be reached from here whatever happens. */
  readonly apart: ReadonlySet<string>;
}

/** Members whose only observer I have become and whom I have not probed yet, at once. */
const MOST_UNTESTED = 32;

/**
 * My neighbours, and every member whose observer I am in my component. A few at a time of the latter: who is cut off from
 * thousands is the only observer of them all.
 */
export function chooseTargets({ neighbourhood, observes, edgeOf, apart }: Aim): ReadonlySet<string> {
  const targets = new Set(neighbourhood.neighbours());
  let untested = 0;
  for (const name of observes ? neighbourhood.subjects() : []) {
    if (targets.has(name)) continue;
    const edge = edgeOf(name);
    if (edge?.state === undefined) untested += 1;
    if (untested <= MOST_UNTESTED || edge !== undefined) targets.add(name);
  }
  for (const name of apart) targets.delete(name);
  return targets;
}
