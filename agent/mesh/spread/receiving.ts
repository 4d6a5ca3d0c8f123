/** The receiving half of an exchange. */
import type { Clock } from '../../base/clock.ts';
import type { OfferResult } from '../records/offer.ts';
import type { LogExtent, RecordBook } from '../records/record-book.ts';
import type { RecordId } from '../records/record-id.ts';
import { ExchangeEnded, type Link } from './link.ts';
import { type Offer, decodeOffer } from './offer-frame.ts';
import { RECORDS_PER_TURN, giveWay } from './pause.ts';
import { MAX_BATCH_BYTES, MAX_EXCHANGE_BYTES, MAX_EXTENTS, MAX_IDS, MAX_REJECTED } from './protocol.ts';
import { decodeRecords } from './records-frame.ts';

/** All frames of the turn. @throws {ExchangeEnded} */
export async function receiveOffer(link: Link): Promise<Offer> {
  const ids: RecordId[] = [];
  const extents: LogExtent[] = [];
  for (;;) {
    const frame = await link.receive(decodeOffer);
    ids.push(...frame.ids);
    extents.push(...frame.extents);
    if (ids.length > MAX_IDS || extents.length > MAX_EXTENTS) throw new ExchangeEnded('too-large');
    if (frame.last) return { ...frame, ids, extents };
    // Frames without an end that say nothing.
    if (frame.ids.length + frame.extents.length === 0) throw new ExchangeEnded('malformed');
  }
}

export interface Received {
  readonly records: number;
  readonly accepted: number;
  /** Not all that was asked for had room in this exchange. */
  readonly cut: boolean;
  /** Some were ignored, because their authors say more than the book takes at once. */
  readonly limited: boolean;
}

export interface ReceivingDeps {
  readonly book: RecordBook;
  readonly clock: Clock;
  readonly onOffered: (result: OfferResult, peerId: string) => void;
}

/** Takes all batches of the turn into the book. @throws {ExchangeEnded} */
export async function receiveRecords(
  link: Link,
  want: { readonly count: number },
  { book, clock, onOffered }: ReceivingDeps,
): Promise<Received> {
  const kinds = { accepted: 0, rejected: 0 };
  let records = 0;
  let bytes = 0;
  let limited = false;
  for (;;) {
    const batch = await link.receive(decodeRecords);
    bytes += batch.rawBytes;
    if (bytes > MAX_EXCHANGE_BYTES + MAX_BATCH_BYTES) throw new ExchangeEnded('too-large');
    if (records + batch.records.length > want.count) throw new ExchangeEnded('unasked');
    for (const { bytes: envelope, ageMs } of batch.records) {
      const result = book.offer(envelope, link.peerId, clock.monotonic(), ageMs);
      onOffered(result, link.peerId);
      if (result.kind === 'accepted' || result.kind === 'rejected') kinds[result.kind] += 1;
      limited ||= result.kind === 'ignored' && result.why === 'rate';
      if (kinds.rejected > MAX_REJECTED) throw new ExchangeEnded('rejected');
      records += 1;
      if (records % RECORDS_PER_TURN === 0) await giveWay(clock);
    }
    if (batch.last) return { records, accepted: kinds.accepted, cut: batch.cut, limited };
    if (batch.records.length === 0) throw new ExchangeEnded('malformed');
  }
}
