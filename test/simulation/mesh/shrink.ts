/** Makes a schedule that fails smaller, for as long as it fails in the same way. */
import type { Invariant } from './monitor.ts';
import type { Episode, Schedule } from './schedule.ts';
import { type Trial, runTrial } from './trial.ts';

/** A run takes a fraction of a second. */
const MOST_RUNS = 12;

export async function shrink(schedule: Schedule, failed: Trial): Promise<{ schedule: Schedule; trial: Trial }> {
  let best = { schedule, trial: failed };
  const wanted = failed.violations[0]?.invariant;
  let runs = 0;
  for (let isSmaller = true; isSmaller && runs < MOST_RUNS;) {
    isSmaller = false;
    for (const smaller of smallerOnes(best.schedule)) {
      if (runs >= MOST_RUNS) break;
      runs += 1;
      const trial = await runTrial(smaller);
      if (!failsWith(trial, wanted)) continue;
      best = { schedule: smaller, trial };
      isSmaller = true;
      break;
    }
  }
  return best;
}

const failsWith = ({ violations }: Trial, wanted: Invariant | undefined): boolean =>
  violations.some(({ invariant }) => invariant === wanted);

/** Without an episode, or without one of its faults. */
function smallerOnes({ episodes, ...rest }: Schedule): Schedule[] {
  const without = (list: readonly Episode[], index: number): Episode[] => list.filter((_, at) => at !== index);
  const shorter = episodes.length < 2 ? [] : episodes.map((_, index) => without(episodes, index));
  const simpler = episodes.flatMap((episode, index) =>
    episode.faults.length < 2
      ? []
      : episode.faults.map((_, fault) =>
          episodes.with(index, { ...episode, faults: episode.faults.filter((__, at) => at !== fault) }),
        ),
  );
  return [...shorter, ...simpler].map((list) => ({ ...rest, episodes: list }));
}
