/**
 * How far behind the latest report of an author is. Probe answers and sync digests say how far the author has come;
 * what was attested above the report that is held is remembered until such a report arrives.
 */
import { compareOrder } from './record.ts';

interface Position {
  readonly boot: number;
  readonly sequence: number;
}

/** `none`: there is no report. `stale`: the author is outside my component, and what it said is history. */
export type Freshness = 'current' | 'lagging' | 'stale' | 'none';

/** A higher sequence that was attested this long ago has had time enough to arrive. */
export const LAGGING_MS = 10_000;

export interface FreshnessFacts {
  readonly hasReport: boolean;
  /** The author belongs to the component of the agent that asks. */
  readonly inComponent: boolean;
  /** Since when a higher sequence than the report's is attested; undefined when none is. */
  readonly behindForMs: number | undefined;
}

export function freshnessOf({ hasReport, inComponent, behindForMs }: FreshnessFacts): Freshness {
  if (!hasReport) return 'none';
  if (!inComponent) return 'stale';
  return behindForMs !== undefined && behindForMs > LAGGING_MS ? 'lagging' : 'current';
}

/** Bounds the memory of an author that is never heard again. */
const MAX_PENDING = 16;

export class Attestations {
  /** Above the report that is held, in ascending order. */
  #pending: (Position & { readonly at: number })[] = [];

  /** The author was seen at this position, by whoever tells. */
  add(position: Position, held: Position | undefined, now: number): void {
    if (held !== undefined && compareOrder(position, held) <= 0) return;
    const last = this.#pending.at(-1);
    if (last !== undefined && compareOrder(position, last) <= 0) return;
    // Every second one may go: what stays still says since when, whatever arrives next.
    if (this.#pending.length >= MAX_PENDING) this.#pending = this.#pending.filter((_, index) => index % 2 === 0);
    this.#pending.push({ boot: position.boot, sequence: position.sequence, at: now });
  }

  /** A newer report is held. */
  settle(held: Position): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((position) => compareOrder(position, held) > 0);
  }

  /** The highest boot that is attested above the report that is held; 0: none. */
  highestBoot(): number {
    return this.#pending.at(-1)?.boot ?? 0;
  }

  /** Since when the report is behind, in ms; undefined: it is the newest that is known of. */
  behindForMs(now: number): number | undefined {
    const [oldest] = this.#pending;
    return oldest === undefined ? undefined : now - oldest.at;
  }
}
