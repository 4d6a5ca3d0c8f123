/** What one agent says of what rules found. Instants are ms on the monotonic clock of whoever reads. */
import type { RuleAlert } from '../../model/rule-alert.ts';

type Said = Omit<RuleAlert, 'since' | 'lastAt' | 'endedAt' | 'roundAt' | 'by' | 'isCurrent'>;

export interface RuleWord extends Said {
  /** Of what only its own node has, as its logs: all who say it are right. Otherwise who judges for all is. */
  readonly isLocal: boolean;
  /** Whoever said it would know if it were over. */
  readonly isSure: boolean;
  readonly sinceMs: number;
  readonly lastMs: number;
  /** It is over since then. */
  readonly endedMs?: number;
  /** When its last round was let through; undefined: as it began to fire. */
  readonly roundMs?: number;
  /** When it was judged last. Whoever judges it still says it now. */
  readonly saidMs: number;
}

/** What the next one who judges goes on with, as the engine put it. */
export interface Legacy {
  readonly isLocal: boolean;
  readonly madeMs: number;
  readonly items: readonly unknown[];
}

/** Rules whose silence says nothing, by their places in the set, and why: a clause. */
export interface Unknown {
  readonly why: string;
  readonly rules: readonly number[];
}

/** When somebody judged what is about the whole cluster. */
export interface Judging {
  readonly sinceMs: number;
  /** Undefined: still. */
  readonly untilMs?: number;
}

/** What stands before the words of a note. */
export interface NoteHead {
  /** Tells two sets of rules apart: hexadecimal digits. */
  readonly set: string;
  /** Undefined: it does not, or what it said then does not matter any more. */
  readonly judging?: Judging;
  readonly unknown: readonly Unknown[];
  /** Rules about logs of which there are none on its node, by their places in the set. */
  readonly absent: readonly number[];
  /** How many that fire had no room. */
  readonly omitted: number;
}

export interface RuleNote {
  readonly head: NoteHead;
  readonly words: readonly RuleWord[];
  readonly legacies: readonly Legacy[];
}

/** A note, and who wrote it. */
export interface HeardNote extends RuleNote {
  readonly node: string;
  /** Its author is in my component, or is this agent. */
  readonly isCurrent: boolean;
  /** Monotonic. */
  readonly madeMs: number;
}

/** What nobody judges any more is not known for so long, and then is told of no more. */
export const LEFT_ALONE_MS = 15 * 60_000;

/** Its author is there and judges what is about the whole cluster. */
export const isJudging = ({ isCurrent, head: { judging } }: HeardNote): boolean =>
  isCurrent && judging !== undefined && judging.untilMs === undefined;

/** When it was said last: now, as long as its author is there and judges it. */
export const saidMsOf = (note: HeardNote, word: RuleWord, nowMs: number): number =>
  (word.isLocal ? note.isCurrent : isJudging(note)) ? nowMs : word.saidMs;

/**
 * Whether somebody else has judged since by the same rules, who has gone on from this: what that one does not say any more is over.
 * What was judged after the other began is news to that one, as when a cut has healed. Who has other rules may not know of it.
 */
export function isSucceeded({ node, madeMs, head }: HeardNote, all: readonly HeardNote[]): boolean {
  const lastMs = head.judging?.untilMs ?? madeMs;
  return all.some(
    (one) => one.node !== node && one.head.set === head.set && (one.head.judging?.sinceMs ?? -Infinity) > lastMs,
  );
}
