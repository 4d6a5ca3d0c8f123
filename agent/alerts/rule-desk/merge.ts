/**
 * One list out of what all say. Of what is about the whole cluster the last word counts, and whoever judges says it all the
 * time. Of what each judges of its own node all are right: it is over when it is for all of them.
 */
import { type HeardNote, LEFT_ALONE_MS, type RuleWord, isJudging, isSucceeded, saidMsOf } from './word.ts';

/** A word that counts. */
export interface Standing {
  readonly word: RuleWord;
  readonly by: string;
  /** Who said it is there, and would know if it were over. */
  readonly isCurrent: boolean;
}

interface Said extends Standing {
  readonly saidMs: number;
}

/** So long after its end an alert is shown. */
const SHOWN_MS = 3_600_000;

/** @param nowMs monotonic */
export function mergeNotes(notes: readonly HeardNote[], nowMs: number): readonly Standing[] {
  const all = new Map<string, Said[]>();
  const judges = notes.filter((note) => isJudging(note) && note.head.omitted === 0);
  for (const note of notes) {
    const isPast = !isJudging(note) && isSucceeded(note, judges);
    for (const word of note.words) {
      if (isPast && !word.isLocal) continue;
      const saidMs = saidMsOf(note, word, nowMs);
      if (isOutdated(word, saidMs, nowMs)) continue;
      const said = { word, saidMs, by: note.node, isCurrent: saidMs === nowMs && word.isSure };
      const known = all.get(word.fingerprint);
      if (known === undefined) all.set(word.fingerprint, [said]);
      else known.push(said);
    }
  }
  return [...all.values()].flatMap((said) => merged(said) ?? []);
}

const isOutdated = ({ endedMs }: RuleWord, saidMs: number, nowMs: number): boolean =>
  endedMs === undefined ? saidMs + LEFT_ALONE_MS < nowMs : endedMs + SHOWN_MS < nowMs;

function merged(said: readonly Said[]): Standing | undefined {
  const [only] = said;
  if (said.length <= 1) return only;
  const chosen = said.reduce((best, one) => (counts(one, best) ? one : best));
  // Whoever was told by one and then hears the other is not told again. What was over before it began was told on its own.
  const isSame = ({ endedMs = Infinity }: RuleWord): boolean => endedMs >= chosen.word.sinceMs;
  const [first = chosen.word] = said
    .map(({ word }) => word)
    .filter(isSame)
    .sort(byRound);
  const last = { round: first.round, roundMs: roundMsOf(first) };
  const firing = said.filter(({ word }) => word.isLocal && isFiring(word));
  if (firing.length <= 1) return { ...chosen, word: { ...chosen.word, ...last } };
  return {
    ...chosen,
    word: {
      ...chosen.word,
      ...last,
      nodes: [...new Set(firing.flatMap(({ word }) => word.nodes))].sort(),
      sinceMs: Math.min(...firing.map(({ word }) => word.sinceMs)),
      lastMs: Math.max(...firing.map(({ word }) => word.lastMs)),
    },
  };
}

/** The highest; where each of several has let it through it was told of the first. */
const byRound = (one: RuleWord, other: RuleWord): number =>
  other.round - one.round || roundMsOf(one) - roundMsOf(other);

const roundMsOf = ({ roundMs, sinceMs }: RuleWord): number => roundMs ?? sinceMs;

const isFiring = ({ endedMs }: RuleWord): boolean => endedMs === undefined;

/** Whether the one is to be told rather than the other. */
function counts(one: Said, other: Said): boolean {
  const fires = isFiring(one.word);
  // Of two of one node each the end of one is not that of the other. Nor is an end that of what began after it.
  if (fires !== isFiring(other.word)) {
    const [firing, ended] = fires ? [one, other] : [other, one];
    const isNext = (ended.word.endedMs ?? 0) < firing.word.sinceMs;
    if (one.word.isLocal || isNext || one.saidMs === other.saidMs) return fires;
  }
  if (one.saidMs !== other.saidMs) return one.saidMs > other.saidMs;
  if (one.isCurrent !== other.isCurrent) return one.isCurrent;
  return one.word.lastMs === other.word.lastMs ? one.by < other.by : one.word.lastMs > other.word.lastMs;
}
