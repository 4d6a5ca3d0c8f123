/** Events: all of an author's log that there is room for, by epoch and place. */
import { EVENT } from '../codec/event.ts';
import { REPORT } from '../codec/report.ts';
import { type Author, latestOf } from './authors.ts';
import { EventLog } from './event-log.ts';
import { eventBytesPerAuthor } from './limits.ts';
import {
  type Offer,
  type OfferResult,
  OLD,
  type Shelves,
  admitAuthor,
  authorRefusal,
  ignored,
  judgeTwin,
  recordOf,
} from './offer.ts';

export function offerEvent(shelves: Shelves, offer: Offer): OfferResult {
  const { envelope, header } = offer;
  const { place } = header;
  if (place === undefined) return { kind: 'rejected', why: 'undecodable' };
  const known = shelves.authors.get(envelope.author);
  const log = known?.logs.find((one) => one.epoch === place.epoch);
  if (known !== undefined && log !== undefined) {
    if (place.sequence < log.floor) return OLD;
    const held = log.get(place.sequence);
    if (held !== undefined) return judgeTwin(shelves, offer, held, () => (known.equivocations += 1));
  }
  const refusal = refusalOf(shelves, offer, known, log);
  if (refusal !== undefined) return refusal;
  const verified = shelves.verifier.verify(offer.bytes);
  if (!verified.ok) return { kind: 'rejected', why: verified.why };
  const author = admitAuthor(shelves, offer);
  author.eventTokens.take();
  const room = eventBytesPerAuthor(shelves.limits, shelves.authors.count());
  if (log !== undefined && !log.hasRoom(place.sequence, offer.bytes.length, room)) {
    log.close();
    return ignored('log-full');
  }
  return keep(shelves, offer, author, log ?? openLog(shelves, author, place.epoch, header.boot), place.sequence);
}

function refusalOf(
  shelves: Shelves,
  offer: Offer,
  known: Author | undefined,
  log: EventLog | undefined,
): OfferResult | undefined {
  const { limits } = shelves;
  const { header, now } = offer;
  const refused = authorRefusal(shelves, offer);
  if (refused !== undefined) return ignored(refused);
  const logs = known?.logs ?? [];
  // The log of a database that was lost before the ones that are kept.
  if (log === undefined && logs.length >= limits.maxLogsPerAuthor && logs.every(({ boot }) => boot > header.boot)) {
    return OLD;
  }
  return known !== undefined && !known.eventTokens.has(limits.eventRate, now) ? ignored('rate') : undefined;
}

/** A log for a new epoch, in the place of the one that was written to longest ago when there are too many. */
function openLog({ limits, arrivals }: Shelves, author: Author, epoch: string, boot: number): EventLog {
  const log = new EventLog(epoch, boot);
  author.logs.push(log);
  if (author.logs.length > limits.maxLogsPerAuthor) {
    const oldest = author.logs.slice(0, -1).reduce((a, b) => (b.boot < a.boot ? b : a));
    author.logs.splice(author.logs.indexOf(oldest), 1);
    for (const record of oldest.records) arrivals.remove(record);
  }
  return log;
}

function keep(shelves: Shelves, offer: Offer, author: Author, log: EventLog, sequence: number): OfferResult {
  const { limits, authors, arrivals } = shelves;
  const record = { ...recordOf(offer, author.key, EVENT), epoch: log.epoch, sequence, contentSequence: sequence };
  author.attestations.add(offer.header, latestOf(author, REPORT), offer.now);
  arrivals.append(record);
  for (const goner of log.add(record, eventBytesPerAuthor(limits, authors.count()))) arrivals.remove(goner);
  return { kind: 'accepted', record, contentChanged: true };
}
