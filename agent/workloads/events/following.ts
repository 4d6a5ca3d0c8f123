/** Copying what another agent reads: its log is asked for what came since, once a second. */
import type { Clock } from '../../base/clock.ts';
import type { Questions } from '../../model/questions.ts';
import { Malformed, readArray, readInteger, readMatch } from '../../model/read.ts';
import type { Coverage } from './coverage.ts';
import type { CountedSighting } from './ledger.ts';
import type { EventRecord } from './record.ts';
import { agoItem, countedItem, fitting, readAgo, readCounted } from './wire.ts';

/** The subject of the questions. */
export const FOLLOW = 'events-follow';

export interface Following {
  /** Asks once; later calls while it is under way do nothing. */
  follow(node: string): void;
  /** Answers who follows this agent; undefined: it cannot be read. */
  answer(question: unknown): unknown;
  /** When the last copy was complete, monotonic ms. */
  copiedAt(): number;
}

/** How the record of whoever answers stands; durations are ms before it answers. */
export interface Standing {
  readonly completeMs: number | undefined;
  readonly heardMs: number | undefined;
}

export interface FollowingDeps {
  readonly clock: Clock;
  readonly ask: Questions['ask'];
  readonly record: Pick<EventRecord, 'take' | 'log'>;
  readonly coverage: Coverage;
  readonly standing: () => Standing;
}

const MOST_AT_ONCE = 2000;
const MAX_PAGE_BYTES = 768 * 1024;
/** In a row; the rest in a second. */
const PAGES = 3;
const ASK_MS = 5000;
const LOG_ID = /^[0-9a-zA-Z-]{1,64}$/;

export function createFollowing({ clock, ask, record, coverage, standing }: FollowingDeps): Following {
  let cursor: Cursor = { node: '', log: '', number: 0, from: undefined };
  let copiedAt = -Infinity;
  let isAsking = false;

  const askOnce = async (node: string): Promise<'more' | 'done'> => {
    const own = cursor.node === node ? cursor : { node, log: '', number: 0, from: undefined };
    const controller = new AbortController();
    const cancel = clock.after(ASK_MS, () => controller.abort(new Error('it takes too long')));
    const result = await ask(node, FOLLOW, [own.log, own.number], controller.signal);
    cancel();
    const page = result.kind === 'failed' ? undefined : readPage(result.value);
    if (page === undefined) return 'done';
    record.take(page.sightings, 'copy');
    const now = clock.now();
    // Who was started anew has another log, which is told from its beginning.
    const isSame = page.log === own.log;
    const isMissed = page.first > (isSame ? own.number : 0);
    const whole = isMissed ? now - (page.wholeMs ?? 0) : -Infinity;
    const from = isSame && !isMissed ? own.from : Math.max(whole, own.from ?? -Infinity);
    cursor = { node, log: page.log, number: page.first + page.asked, from };
    if (page.asked > 0 && cursor.number < page.count) return 'more';
    if (page.completeMs !== undefined) {
      coverage.copied(now - page.completeMs, now - (page.heardMs ?? 0), from);
      // A gap is told with the first copy that is complete.
      cursor = { ...cursor, from: undefined };
    }
    copiedAt = clock.monotonic();
    return 'done';
  };

  return {
    follow(node) {
      if (isAsking) return;
      isAsking = true;
      void (async () => {
        try {
          for (let page = 0; page < PAGES; page += 1) if ((await askOnce(node)) === 'done') return;
        } finally {
          isAsking = false;
        }
      })();
    },
    answer(question) {
      const [log, number] = readArray(question, 4);
      const from = log === record.log.id ? readInteger(number, 0) : 0;
      const { first, sightings } = record.log.after(from, MOST_AT_ONCE);
      const items = fitting(sightings.map(countedItem), MAX_PAGE_BYTES);
      const { completeMs, heardMs } = standing();
      const wholeFrom = record.log.wholeFrom();
      const wholeMs = agoItem(wholeFrom === -Infinity ? undefined : clock.now() - wholeFrom);
      return [record.log.id, first, record.log.count(), items, agoItem(completeMs), agoItem(heardMs), wholeMs];
    },
    copiedAt: () => copiedAt,
  };
}

/** How far which log was copied. */
interface Cursor {
  readonly node: string;
  readonly log: string;
  readonly number: number;
  /** What came since then (Unix ms) was copied without a gap; undefined: that is no news. */
  readonly from: number | undefined;
}

interface Page {
  readonly log: string;
  /** Number of the first sighting in the log. */
  readonly first: number;
  /** How many were in the log. */
  readonly count: number;
  readonly sightings: readonly CountedSighting[];
  /** How many there were, with those that cannot be read. */
  readonly asked: number;
  readonly completeMs: number | undefined;
  readonly heardMs: number | undefined;
  /** What came since then was all in the log; undefined: all is. */
  readonly wholeMs: number | undefined;
}

function readPage(value: unknown): Page | undefined {
  try {
    const [log, first, count, items, complete, heard, whole] = readArray(value, 12);
    const sightings = readArray(items, MOST_AT_ONCE);
    return {
      log: readMatch(log, LOG_ID),
      first: readInteger(first, 0),
      count: readInteger(count, 0),
      sightings: readCounted(sightings, MOST_AT_ONCE),
      asked: sightings.length,
      completeMs: readAgo(complete),
      heardMs: readAgo(heard),
      wholeMs: readAgo(whole),
    };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
