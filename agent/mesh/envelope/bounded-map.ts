/** A map that forgets what was not asked for longest. */
export class BoundedMap<Key, Value> {
  readonly #maxSize: number;
  /** Oldest first: a Map keeps the order of insertion. */
  readonly #entries = new Map<Key, Value>();
  /** The last one, which is asked for again more often than any other. */
  #newest: Key | undefined;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || key === this.#newest) return value;
    this.#put(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#put(key, value);
    if (this.#entries.size <= this.#maxSize) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  get size(): number {
    return this.#entries.size;
  }

  #put(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
  }
}
