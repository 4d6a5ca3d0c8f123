/** The sending half of an exchange. */
import type { Clock } from '../../base/clock.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { Link } from './link.ts';
import type { Offer } from './offer-frame.ts';
import { requested } from './offering.ts';
import { giveWay } from './pause.ts';
import { MAX_EXCHANGE_BYTES } from './protocol.ts';
import { type SentRecord, batchBytes, encodeRecords, isFull } from './records-frame.ts';
import type { Want } from './want-frame.ts';

export interface Sent {
  readonly records: number;
  /** Not all that was asked for had room in this exchange. */
  readonly cut: boolean;
}

/** Sends what the other side wants of the offer, batch after batch. @throws {ExchangeEnded} */
export async function sendRecords(
  link: Link,
  offer: Offer,
  want: Want,
  { book, clock }: { readonly book: RecordBook; readonly clock: Clock },
): Promise<Sent> {
  let batch: SentRecord[] = [];
  let size = 0;
  let total = 0;
  let records = 0;
  let cut = false;
  for (const { bytes, madeAt } of requested(offer, want, book)) {
    if (isFull(batch.length, size, bytes.length)) {
      await link.send(encodeRecords({ last: false, cut: false, records: batch }));
      await giveWay(clock);
      [batch, size] = [[], 0];
    }
    cut = total + batchBytes(bytes) > MAX_EXCHANGE_BYTES;
    if (cut) break;
    batch.push({ ageMs: Math.max(0, Math.round(clock.monotonic() - madeAt)), bytes });
    size += batchBytes(bytes);
    total += batchBytes(bytes);
    records += 1;
  }
  await link.send(encodeRecords({ last: true, cut, records: batch }));
  return { records, cut };
}
