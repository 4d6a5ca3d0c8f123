/**
 * Records in the order in which they came here. A neighbour remembers up to where it has read; the epoch is random and
 * tells it when that means nothing any more.
 */
import type { BookRecord, KeptRecord } from './record.ts';

export interface ArrivalLog {
  readonly epoch: string;
  /** Offset of the newest record; 0 before the first. */
  readonly head: () => number;
  append(record: KeptRecord): void;
  remove(record: KeptRecord): void;
  /** At most `limit` records after this offset, oldest first. */
  since(offset: number, limit: number): BookRecord[];
}

/** So many places of removed records are left alone before they are swept. */
const SWEEP_AFTER = 256;

export function createArrivalLog(epoch: string): ArrivalLog {
  let records: KeptRecord[] = [];
  let gone = 0;
  let head = 0;

  const sweep = (): void => {
    records = records.filter((record) => !record.gone);
    gone = 0;
  };
  /** Index of the first record after `offset`. */
  const indexAfter = (offset: number): number => {
    let [low, high] = [0, records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    epoch,
    head: () => head,
    append(record) {
      head += 1;
      record.offset = head;
      records.push(record);
    },
    remove(record) {
      record.gone = true;
      gone += 1;
      if (gone > SWEEP_AFTER && gone * 2 > records.length) sweep();
    },
    since(offset, limit) {
      const found: BookRecord[] = [];
      for (let index = indexAfter(offset); index < records.length && found.length < limit; index += 1) {
        const record = records[index];
        if (record !== undefined && !record.gone) found.push(record);
      }
      return found;
    },
  };
}
