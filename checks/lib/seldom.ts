/** What changes seldom and may lie on a disk that hangs: the files that say where a component listens. */
import { within } from './deadline.ts';

export interface Seldom<T> {
  /**
   * What `read` said last; it is asked anew when that is more than a minute old. While it does not answer, what it said
   * before, and undefined before it ever answered: nobody waits for longer than 100 ms.
   *
   * @param read never rejects
   * @param nowMs monotonic
   */
  get(read: () => Promise<T>, nowMs: number): Promise<T | undefined>;
  /** The next one who asks has it read anew. */
  forget(): void;
}

const MAX_AGE_MS = 60_000;
const WAIT_MS = 100;

export function createSeldom<T>(): Seldom<T> {
  let last: { readonly value: T; readonly readAt: number } | undefined;
  let isDue = true;
  let reading: Promise<void> | undefined;
  return {
    async get(read, nowMs) {
      if (isDue || last === undefined || nowMs - last.readAt >= MAX_AGE_MS) {
        reading ??= read().then((value) => {
          last = { value, readAt: nowMs };
          isDue = false;
          reading = undefined;
        });
        await within(reading, WAIT_MS);
      }
      return last?.value;
    },
    forget() {
      isDue = true;
    },
  };
}
