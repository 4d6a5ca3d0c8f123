/** Runs seeds that its parent sends, one after the other, and answers with what came of each. */
import { makeSchedule } from './schedule.ts';
import { shrink } from './shrink.ts';
import { describeFailure, runTrial } from './trial.ts';

export interface Verdict {
  readonly seed: number;
  /** Names of the invariants that were broken; empty when all is well. */
  readonly broken: readonly string[];
  /** For people; empty when all is well. */
  readonly text: string;
  readonly known: readonly (readonly [string, number])[];
  readonly healed: readonly (readonly [string, number])[];
}

export interface Order {
  readonly seed: number;
  readonly shrink: boolean;
}

async function judge({ seed, shrink: isShrunk }: Order): Promise<Verdict> {
  const schedule = makeSchedule(seed);
  const trial = await runTrial(schedule);
  const { violations, known, healed } = trial;
  const broken = [...new Set(violations.map(({ invariant }) => invariant))];
  if (broken.length === 0) return { seed, broken, text: '', known, healed };
  const smallest = isShrunk ? await shrink(schedule, trial) : { schedule, trial };
  const isSame = smallest.schedule === schedule;
  const shorter = isSame ? '' : `\n  it takes no more than\n${describeFailure(smallest.schedule, smallest.trial)}`;
  return { seed, broken, text: describeFailure(schedule, trial) + shorter, known, healed };
}

process.on('message', (order: Order) => {
  void judge(order).then((verdict) => process.send?.(verdict));
});
process.on('disconnect', () => process.exit());
