/** What a part of a noisy node shows to the checks. Each is made anew at every look. */
import type { FakeFile } from '../../../checks/lib/testing.ts';
import type { FetchRequest, FetchResult, FileSystemStats } from '../../../checks/types.ts';

export type Files = Readonly<Record<string, FakeFile | (() => FakeFile)>>;

/** `durationMs` is how long it takes; what takes longer than whoever asks would wait is a time-out for him. */
export type Answer = (request: FetchRequest) => FetchResult;

export interface Part {
  readonly files?: Files;
  readonly fileSystems?: Readonly<Record<string, () => FileSystemStats>>;
  /** By the beginning of the URL. */
  readonly answers?: Readonly<Record<string, Answer>>;
}

export const GIB = 1024 ** 3;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A file of /proc/pressure: shares of the last 60 s, 0 to 1. */
export function pressureText(some: number, full = some / 2): string {
  const percent = (ratio: number): string => (100 * ratio).toFixed(2);
  return [
    ['some', percent(some)],
    ['full', percent(full)],
  ]
    .map(([kind, share]) => `${kind} avg10=${share} avg60=${share} avg300=${share} total=1000\n`)
    .join('');
}
