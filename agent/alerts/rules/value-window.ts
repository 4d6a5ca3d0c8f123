/** Which different values were seen within a time, ElastAlert's cardinality: a value stays for the time since it was seen last. */

/** More are not kept: the one that was not seen for longest goes. */
const MAX_VALUES = 1000;

export class ValueWindow {
  readonly #timeframeMs: number;
  /** Value → monotonic ms at which it was seen last; the latest is last, but for what came late. */
  readonly #seen = new Map<string, number>();
  #newest = -Infinity;
  /** Until then something that came late may stand behind what is newer. */
  #mixedUntil = -Infinity;

  constructor(timeframeMs: number) {
    this.#timeframeMs = timeframeMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  get newest(): number {
    return this.#newest;
  }

  add(value: string, at: number): void {
    const before = this.#seen.get(value);
    if (at < this.#newest) this.#mixedUntil = this.#newest + this.#timeframeMs;
    else this.#newest = at;
    this.#seen.delete(value);
    this.#seen.set(value, before === undefined ? at : Math.max(before, at));
    for (const [oldest] of this.#seen) {
      if (this.#seen.size <= MAX_VALUES) return;
      this.#seen.delete(oldest);
    }
  }

  /** How many at that instant; those that went before are forgotten. */
  countAt(end: number): number {
    const isMixed = end <= this.#mixedUntil;
    for (const [value, at] of this.#seen) {
      if (end - at > this.#timeframeMs) this.#seen.delete(value);
      else if (!isMixed) break;
    }
    return this.#seen.size;
  }

  values(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** Until when there are more than `max`, if none is seen again; undefined: there are not. */
  aboveUntil(max: number): number | undefined {
    const latest = [...this.#seen.values()].toSorted((a, b) => b - a);
    const decisive = latest[max];
    return decisive === undefined || this.#newest - decisive > this.#timeframeMs
      ? undefined
      : decisive + this.#timeframeMs;
  }
}
