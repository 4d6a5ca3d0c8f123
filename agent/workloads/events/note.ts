/** What an agent says of the events on the board: what its part is, and, where it reads them, the latest warnings. */
import type { Note } from '../../model/board.ts';
import type { EventSighting } from '../../model/cluster-event.ts';
import { Malformed, readArray, readOptional, readText } from '../../model/read.ts';
import { type HeardPart, PARTS, type Part } from './roles.ts';
import { agoItem, fitting, readAgo, readSightings, sightingItem } from './wire.ts';

/** What it says, with durations in place of instants: they are ms before it says so. */
export interface Word {
  readonly part: Part;
  readonly isCurrent: boolean;
  /** Why it cannot read, or why what it has is not as the API has it: a clause. */
  readonly why?: string | undefined;
  /** Since the API said anything to it. */
  readonly heardMs?: number | undefined;
  /** For how long nothing was missed. */
  readonly completeMs?: number | undefined;
}

export interface HeardWord extends HeardPart, Omit<Word, 'part' | 'isCurrent'> {}

const MAX_WHY = 200;
/** Of the warnings; the rest of a note is for the word, and for what versions to come may say. */
const MAX_WARNING_BYTES = 9 * 1024;
const MAX_WARNINGS = 64;
const MAX_MESSAGE = 160;

/** @param newest sightings, oldest first */
export const writeNote = (word: Word, newest: readonly EventSighting[]): readonly unknown[] => [
  [PARTS.indexOf(word.part), word.isCurrent ? 1 : 0, word.why ?? null, agoItem(word.heardMs), agoItem(word.completeMs)],
  fitting(
    latestWarnings(newest).map(({ event, added }) =>
      sightingItem({ added, event: { ...event, message: event.message.slice(0, MAX_MESSAGE) } }),
    ),
    MAX_WARNING_BYTES,
  ),
];

/** One of each Event, latest first. */
function latestWarnings(sightings: readonly EventSighting[]): readonly EventSighting[] {
  const latest = new Map<string, EventSighting>();
  for (const one of sightings.toReversed()) {
    if (latest.size >= MAX_WARNINGS) break;
    if (one.event.type !== 'Normal' && !latest.has(one.event.uid)) latest.set(one.event.uid, one);
  }
  return [...latest.values()];
}

/** Undefined: it cannot be read. */
export function readWord({ node, ageMs, items: [said] }: Note): HeardWord | undefined {
  try {
    const [part, isCurrent, why, heardMs, completeMs] = readArray(said, 8);
    const known = typeof part === 'number' ? PARTS[part] : undefined;
    if (known === undefined) return undefined;
    return {
      node,
      ageMs,
      part: known,
      isCurrent: isCurrent === 1,
      why: readOptional(why, (text) => readText(text, MAX_WHY)),
      heardMs: readAgo(heardMs),
      completeMs: readAgo(completeMs),
    };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** The warnings of a note, latest first. */
export const readWarnings = ({ items: [, warnings] }: Note): readonly EventSighting[] =>
  readSightings(warnings, MAX_WARNINGS);
