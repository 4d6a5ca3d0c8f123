/**
 * The newest events of one author's log, by sequence. Below the floor nothing is kept and nothing is missing; between
 * floor and head there may be gaps, which neighbours can fill.
 */
import type { KeptRecord } from './record.ts';

export class EventLog {
  readonly epoch: string;
  /** The highest boot that wrote into it: tells the newer of two logs. */
  boot: number;
  #floor = 1;
  #bytes = 0;
  /** In ascending order of their sequence. */
  readonly #records: KeptRecord[] = [];

  constructor(epoch: string, boot: number) {
    this.epoch = epoch;
    this.boot = boot;
  }

  get floor(): number {
    return this.#floor;
  }

  get head(): number {
    return this.#records.at(-1)?.sequence ?? 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get records(): readonly KeptRecord[] {
    return this.#records;
  }

  get(sequence: number): KeptRecord | undefined {
    const record = this.#records[this.#indexOf(sequence)];
    return record?.sequence === sequence ? record : undefined;
  }

  /** True when there is room for these bytes, or older events that may go for them. */
  hasRoom(sequence: number, bytes: number, maxBytes: number): boolean {
    const lowest = this.#records[0]?.sequence ?? 0;
    return this.#bytes + bytes <= maxBytes || sequence > lowest;
  }

  /** Takes no older events any more, so that neighbours are not asked for them again and again. */
  close(): void {
    this.#floor = this.#records[0]?.sequence ?? this.#floor;
  }

  /** Returns what had to go for it, lowest first. The newest always stays. */
  add(record: KeptRecord, maxBytes: number): readonly KeptRecord[] {
    this.#records.splice(this.#indexOf(record.sequence), 0, record);
    this.#bytes += record.bytes.length;
    this.boot = Math.max(this.boot, record.boot);
    const goners: KeptRecord[] = [];
    while (this.#bytes > maxBytes && this.#records.length > 1) {
      const lowest = this.#records.shift();
      if (lowest === undefined) break;
      this.#bytes -= lowest.bytes.length;
      this.#floor = lowest.sequence + 1;
      goners.push(lowest);
    }
    return goners;
  }

  /** Sequences from `from` to `to` that are not here, highest first, at most `limit`. */
  missing(from: number, to: number, limit: number): number[] {
    const found: number[] = [];
    const lowest = Math.max(from, this.#floor);
    for (let sequence = to; sequence >= lowest && found.length < limit; sequence -= 1) {
      if (this.get(sequence) === undefined) found.push(sequence);
    }
    return found;
  }

  /** Where `sequence` is, or belongs. */
  #indexOf(sequence: number): number {
    let [low, high] = [0, this.#records.length];
    // Nearly always it is the newest.
    if (sequence > this.head) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
