/** Which of the offered records to ask for. */
import { BINDING } from '../codec/binding.ts';
import type { RecordBook } from '../records/record-book.ts';
import { type RecordId, idText } from '../records/record-id.ts';
import type { Offer } from './offer-frame.ts';
import { MAX_EVENTS_PER_LOG, MAX_IDS } from './protocol.ts';
import type { EventRange, Want } from './want-frame.ts';

export interface Wanting extends Want {
  /** How many records may come. */
  readonly count: number;
  /**
   * Some are on their way from somebody else, or can only be taken after others: whether they arrive must be seen before
   * the cursor moves.
   */
  readonly deferred: boolean;
  /** Another exchange brings more at once. */
  readonly capped: boolean;
  /** Ids as text; see {@link makeWant}. */
  readonly claimed: readonly string[];
}

/**
 * @param underWay ids, as text, for which other neighbours were asked and have not answered yet. What is asked for here
 *   is added; the caller takes it out again when the exchange is over.
 * @param from who offers
 */
export function makeWant(offer: Offer, book: RecordBook, underWay: Set<string>, from?: string): Wanting {
  const claimed: string[] = [];
  let deferred = false;
  const claim = (id: RecordId): boolean => {
    if (!book.wants(id, from)) return false;
    const text = idText(id);
    if (underWay.has(text)) {
      deferred = true;
      return false;
    }
    underWay.add(text);
    claimed.push(text);
    return true;
  };
  const wanted = offer.ids.map(claim);
  // Who was removed from the cluster is heard again once it has claimed its name anew, and that comes only now.
  const isHeardAgain = claimantsOf(offer, wanted);
  const isTooEarly = offer.ids.some((id, index) => wanted[index] === false && isHeardAgain.has(id.author));
  deferred ||= isTooEarly;
  const ranges: EventRange[] = [];
  let capped = isTooEarly;
  let room = MAX_IDS;
  for (const extent of offer.extents) {
    if (room === 0) {
      capped = true;
      break;
    }
    const limit = Math.min(MAX_EVENTS_PER_LOG, extent.count, room);
    const missing = book.missingEvents(extent, limit);
    capped ||= missing.length === limit && limit < extent.count;
    room -= missing.length;
    ranges.push(...rangesOf(extent, missing.filter(claim)));
  }
  return { wanted, ranges, count: claimed.length, deferred, capped, claimed };
}

/** Whose claims of names are asked for. */
const claimantsOf = ({ ids }: Offer, wanted: readonly boolean[]): ReadonlySet<string> =>
  new Set(ids.filter(({ type }, index) => type === BINDING && wanted[index] === true).map(({ author }) => author));

/** @param ids events of one log, newest first */
function rangesOf({ author, epoch }: { author: string; epoch: string }, ids: readonly RecordId[]): EventRange[] {
  const ranges: EventRange[] = [];
  for (const { sequence } of ids) {
    const latest = ranges.at(-1);
    if (latest !== undefined && latest.lowest === sequence + 1) {
      ranges[ranges.length - 1] = { ...latest, lowest: sequence, count: latest.count + 1 };
    } else {
      ranges.push({ author, epoch, lowest: sequence, count: 1 });
    }
  }
  return ranges;
}
