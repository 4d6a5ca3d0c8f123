/**
 * How often something happened within a time: ElastAlert's window, in which newest − oldest < timeframe, and which is emptied
 * by a match; and beside it how often it happened within the time at all, which tells whether it still goes on.
 *
 * Up to {@link EXACT} instants are kept as they are. Beyond, what is less than a 256th of the time apart is kept as one, at the
 * older instant, so that it never counts for longer than it should.
 */

/** Later than this after the newest, nothing counts any more. */
export const LATE_MS = 120_000;
const EXACT = 256;
const SLOTS = 256;

export class CountWindow {
  readonly #timeframeMs: number;
  /** Instants, oldest first; how often at each in all, and since the last match. */
  #at: number[] = [];
  #all: number[] = [];
  #fresh: number[] = [];
  #freshTotal = 0;
  #newest = -Infinity;

  constructor(timeframeMs: number) {
    this.#timeframeMs = timeframeMs;
  }

  /** Of what is kept, for the bound on all windows together. */
  get size(): number {
    return this.#at.length;
  }

  /** Monotonic, ms. */
  get newest(): number {
    return this.#newest;
  }

  /** @returns how many matches of `most` it makes; each takes so many out of the window */
  add(at: number, count: number, most: number): number {
    const isLate = at < this.#newest;
    const index = this.#put(at, count);
    if (this.#freshTotal < most) return 0;
    const matched = isLate ? this.#matchedAround(at, most) : this.#within(at, this.#fresh) >= most;
    return matched ? this.#empty(at, index, most) : 0;
  }

  /** Counts it without a match. */
  note(at: number, count: number): void {
    this.#put(at, count);
  }

  /** How often within the time that ends at `end`. */
  countAt(end: number): number {
    return this.#within(end, this.#all);
  }

  /**
   * Until when it happened `most` times within the time, if nothing more happens; undefined: it does not at its newest.
   */
  aboveUntil(most: number): number | undefined {
    let sum = 0;
    for (let index = this.#at.length - 1; index >= 0; index -= 1) {
      const at = this.#at[index] ?? 0;
      if (this.#newest - at >= this.#timeframeMs) return undefined;
      sum += this.#all[index] ?? 0;
      if (sum >= most) return at + this.#timeframeMs;
    }
    return undefined;
  }

  /** Where it went. */
  #put(at: number, count: number): number {
    this.#newest = Math.max(this.#newest, at);
    this.#forget(this.#newest - this.#timeframeMs - LATE_MS);
    let index = this.#at.length;
    while (index > 0 && (this.#at[index - 1] ?? 0) > at) index -= 1;
    const before = index - 1;
    const apart = at - (this.#at[before] ?? -Infinity);
    this.#freshTotal += count;
    if (apart === 0 || (this.#at.length >= EXACT && apart < this.#timeframeMs / SLOTS)) {
      this.#all[before] = (this.#all[before] ?? 0) + count;
      this.#fresh[before] = (this.#fresh[before] ?? 0) + count;
      return before;
    }
    if (index === this.#at.length) {
      this.#at.push(at);
      this.#all.push(count);
      this.#fresh.push(count);
    } else {
      this.#at.splice(index, 0, at);
      this.#all.splice(index, 0, count);
      this.#fresh.splice(index, 0, count);
    }
    return index;
  }

  #forget(upTo: number): void {
    let gone = 0;
    while (gone < this.#at.length && (this.#at[gone] ?? 0) <= upTo) gone += 1;
    if (gone === 0) return;
    for (let index = 0; index < gone; index += 1) this.#freshTotal -= this.#fresh[index] ?? 0;
    this.#at.splice(0, gone);
    this.#all.splice(0, gone);
    this.#fresh.splice(0, gone);
  }

  #within(end: number, counts: readonly number[]): number {
    let sum = 0;
    for (let index = this.#at.length - 1; index >= 0; index -= 1) {
      const at = this.#at[index] ?? 0;
      if (end - at >= this.#timeframeMs) break;
      if (at <= end) sum += counts[index] ?? 0;
    }
    return sum;
  }

  /** What came late may complete any of the windows that it is in. */
  #matchedAround(at: number, most: number): boolean {
    return this.#at.some((end) => end >= at && end - at < this.#timeframeMs && this.#within(end, this.#fresh) >= most);
  }

  /** What is over the last match came with the newest. */
  #empty(at: number, index: number, most: number): number {
    const last = this.#fresh[index] ?? 0;
    const total = Math.max(most, this.#within(at, this.#fresh));
    this.#fresh.fill(0);
    const rest = total % most;
    this.#fresh[index] = Math.min(last, rest);
    this.#freshTotal = this.#fresh[index] ?? 0;
    return Math.floor(total / most);
  }
}
