/** Whether the data of etcd went back, as they do when an older snapshot is restored. */
import type { ClientReads } from './access.ts';
import { parseRevision } from './answers.ts';
import { hostOf } from './member.ts';

/** What is kept between runs, by this agent alone. */
export interface RevisionMemory {
  /** The client port that told it. */
  place?: string;
  highest: number;
  /** The last answer was far below. */
  isSuspected: boolean;
  wentBack?: WentBack | undefined;
}

export interface WentBack {
  readonly from: number;
  readonly to: number;
  /** Monotonic ms. */
  readonly at: number;
}

/** What is made up for within minutes harms nobody for longer: writes that a copy lacked from which one member was forced to go on alone. */
const LEAST_BACK = 1000;
/** Nobody sees whether all that watch were restarted. */
const TOLD_FOR_MS = 3_600_000;

export const createRevisionMemory = (): RevisionMemory => ({ highest: 0, isSuspected: false });

/**
 * Updates the memory; gives what is to be told. The revision is that of the read through the majority, which within a cluster
 * never falls, whoever answers (https://etcd.io/docs/v3.5/learning/api_guarantees/): a member that lags, that was just started
 * or rejoins empty, and a learner, do not serve such a read before they have caught up. A compaction, a defragmentation and
 * another leader leave it as it is. Ids say nothing: a restored cluster may have the same ones as before or others. Two reads
 * must say it. It is told until the revision has passed the old one, for an hour at most; with `--bump-revision` it does not
 * fall at all. An agent that was itself restarted meanwhile remembers nothing, and says nothing.
 */
export function noteRevision(
  memory: RevisionMemory,
  { url, linearizable }: ClientReads,
  at: number,
): WentBack | undefined {
  const revision = parseRevision(linearizable);
  if (revision !== undefined) note(memory, hostOf(url), revision, at);
  const { wentBack, highest } = memory;
  if (wentBack === undefined || at - wentBack.at >= TOLD_FOR_MS || highest >= wentBack.from) return undefined;
  return wentBack;
}

function note(memory: RevisionMemory, place: string, revision: number, at: number): void {
  // Another port may be that of another etcd.
  if (memory.place !== place) Object.assign(memory, { place, highest: 0, isSuspected: false, wentBack: undefined });
  if (revision > memory.highest - LEAST_BACK) {
    memory.isSuspected = false;
    memory.highest = Math.max(memory.highest, revision);
    return;
  }
  if (!memory.isSuspected) {
    memory.isSuspected = true;
    return;
  }
  memory.wentBack = { from: memory.highest, to: revision, at };
  memory.highest = revision;
  memory.isSuspected = false;
}
