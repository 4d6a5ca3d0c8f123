/** Which different values were seen within a time, ElastAlert's cardinality: a value stays for the time since it was seen last. */

/** More are not kept: the one that was not seen for longest goes. */
const MAX_VALUES = 1000;

export class ValueWindow {
  readonly #timeframeMs: number;
  /** Value → monotonic ms at which it was seen last. */
  readonly #seen = new Map<string, number>();
  #newest = -Infinity;

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
    const before = this.#seen.get(value) ?? -Infinity;
    this.#seen.set(value, Math.max(before, at));
    this.#newest = Math.max(this.#newest, at);
    if (this.#seen.size > MAX_VALUES) this.#dropOldest();
  }

  /** How many at that instant; those that went before are forgotten. */
  countAt(end: number): number {
    for (const [value, at] of this.#seen) if (end - at > this.#timeframeMs) this.#seen.delete(value);
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

  #dropOldest(): void {
    let [oldest, when] = ['', Infinity];
    for (const [value, at] of this.#seen) if (at < when) [oldest, when] = [value, at];
    this.#seen.delete(oldest);
  }
}
