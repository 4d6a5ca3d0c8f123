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
  /** Something went without a successor: the head moves on, so that whoever remembers it looks again. */
  skip(): void;
  remove(record: KeptRecord): void;
  /** At most `limit` records after this offset, oldest first. */
  since(offset: number, limit: number): BookRecord[];
}

/** So many empty places are left alone before they are swept. */
const SWEEP_AFTER = 256;

export function createArrivalLog(epoch: string): ArrivalLog {
  /** Ascending; the records stand at the same indexes, undefined where one was removed. */
  let offsets: number[] = [];
  let records: (KeptRecord | undefined)[] = [];
  let empty = 0;
  let head = 0;

  /** Index of the first place after `offset`. */
  const indexAfter = (offset: number): number => {
    let [low, high] = [0, offsets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const sweep = (): void => {
    offsets = offsets.filter((_, index) => records[index] !== undefined);
    records = records.filter((record) => record !== undefined);
    empty = 0;
  };

  return {
    epoch,
    head: () => head,
    append(record) {
      head += 1;
      record.offset = head;
      offsets.push(head);
      records.push(record);
    },
    skip() {
      head += 1;
    },
    remove(record) {
      const index = indexAfter(record.offset) - 1;
      if (records[index] !== record) return;
      records[index] = undefined;
      empty += 1;
      if (empty > SWEEP_AFTER && empty * 2 > records.length) sweep();
    },
    since(offset, limit) {
      const found: BookRecord[] = [];
      for (let index = indexAfter(offset); index < records.length && found.length < limit; index += 1) {
        const record = records[index];
        if (record !== undefined) found.push(record);
      }
      return found;
    },
  };
}
