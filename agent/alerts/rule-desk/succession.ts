/** Whose word on what is about the whole cluster is still to be gone on with. */
import { type HeardNote, isSucceeded } from './word.ts';

const sinceOf = ({ head }: HeardNote): number => head.judging?.sinceMs ?? -Infinity;

/** Those who judged, and after whom nobody else did. Thousands are asked each second: in one pass. */
export function unsucceeded(notes: readonly HeardNote[]): readonly HeardNote[] {
  const judges = notes.filter(({ head }) => head.judging !== undefined);
  const [last] = latestIn(judges);
  // Whoever is succeeded is so by the one who began last, or is that one.
  const lastOnes = [...latestIn(judges), ...latestIn(judges.filter(({ node }) => node !== last?.node))];
  return judges.filter((note) => !isSucceeded(note, lastOnes));
}

const latestIn = ([first, ...others]: readonly HeardNote[]): readonly HeardNote[] =>
  first === undefined ? [] : [others.reduce((one, other) => (sinceOf(other) > sinceOf(one) ? other : one), first)];
