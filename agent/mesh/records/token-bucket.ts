/** How much an author may say: so many at once, and so many a second over time. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  #tokens: number;
  /** Monotonic ms. */
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /** True when there is a token; it is not taken. */
  has(rate: Rate, now: number): boolean {
    this.#tokens = Math.min(rate.burst, this.#tokens + (Math.max(0, now - this.#filledAt) * rate.perSecond) / 1000);
    this.#filledAt = Math.max(now, this.#filledAt);
    return this.#tokens >= 1;
  }

  /** Below nothing where more is taken than there is. */
  take(count = 1): void {
    this.#tokens -= count;
  }

  isFull(rate: Rate, now: number): boolean {
    return this.has(rate, now) && this.#tokens >= rate.burst;
  }
}
