/** Since when each piece of news for a receiver is known here. */
import type { Kept } from './book.ts';
import type { News } from './decide.ts';

interface Entry {
  readonly fingerprint: string;
  /** Monotonic, ms. */
  readonly sinceMs: number;
}

export class Noticed {
  readonly #entries = new Map<string, Entry>();

  /**
   * What is no news any more is forgotten.
   *
   * @param get what is known of an alert: one that comes and goes does not begin anew each time
   */
  follow(news: readonly News[], nowMs: number, get: (fingerprint: string) => Kept | undefined): void {
    const keys = new Set<string>();
    for (const one of news) {
      const key = keyOf(one);
      keys.add(key);
      if (!this.#entries.has(key)) this.#entries.set(key, { fingerprint: one.kept.alert.fingerprint, sinceMs: nowMs });
    }
    for (const [key, { fingerprint }] of this.#entries)
      if (!keys.has(key) && get(fingerprint)?.standing !== 'away') this.#entries.delete(key);
  }

  since(news: News): number | undefined {
    return this.#entries.get(keyOf(news))?.sinceMs;
  }

  /** It was told. */
  forget(news: News): void {
    this.#entries.delete(keyOf(news));
  }
}

const keyOf = ({ kind, kept }: News): string => `${kind} ${kept.alert.fingerprint} ${kept.alert.severity}`;
