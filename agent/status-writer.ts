/** When the last status is written beside the database: soon after it changed, and seldom while it keeps changing. */
import type { Clock } from './base/clock.ts';

export interface StatusWriter {
  /** @param gist what is said apart from figures and times; nothing is written while it stays the same */
  said(gist: string): void;
  /** What waits is written now. */
  stop(): void;
}

/** Between two of them, at least. */
const EVERY_MS = 1000;
/** In a large cluster all nodes are megabytes: a hundredth of a core while everything changes. */
const REST_FACTOR = 100;

/** @param write presents all that is known now, and hands it over */
export function createStatusWriter(clock: Clock, write: () => void): StatusWriter {
  let written: string | undefined;
  let latest: string | undefined;
  let dueAt = -Infinity;
  let cancel: (() => void) | undefined;
  const flush = (): void => {
    cancel = undefined;
    if (latest === written) return;
    written = latest;
    const startedAt = clock.monotonic();
    write();
    const endedAt = clock.monotonic();
    dueAt = endedAt + Math.max(EVERY_MS, REST_FACTOR * (endedAt - startedAt));
  };
  return {
    said(gist) {
      latest = gist;
      if (cancel !== undefined || latest === written) return;
      const waitMs = dueAt - clock.monotonic();
      if (waitMs <= 0) flush();
      else cancel = clock.after(waitMs, flush);
    },
    stop() {
      cancel?.();
      flush();
    },
  };
}
