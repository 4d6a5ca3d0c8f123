/** What bounds a record book, whatever comes in. */
import type { Rate } from './token-bucket.ts';

export interface BookLimits {
  readonly maxAuthors: number;
  /** Of these, authors whom nobody has met. Who uses a book without telling whom it has met gives no bound. */
  readonly maxStrangers: number;
  /** So many more for each author that was met lately. */
  readonly strangersPerMet: number;
  /** Types of an author besides events and tombstones. */
  readonly maxTypesPerAuthor: number;
  /** Of all event logs together; shared out evenly among the authors, between the two bounds below. */
  readonly maxEventBytes: number;
  readonly minEventBytesPerAuthor: number;
  readonly maxEventBytesPerAuthor: number;
  /** An author gets a new log when its database is lost; the newest two are kept. */
  readonly maxLogsPerAuthor: number;
  readonly maxTombstones: number;
  readonly tombstoneMs: number;
  /** Of reports, bindings and the like, for each author. */
  readonly stateRate: Rate;
  /** Of events, for each author. The burst lets a neighbour fill in a log that was missed. */
  readonly eventRate: Rate;
}

export const BOOK_LIMITS: BookLimits = {
  maxAuthors: 5500,
  maxStrangers: Infinity,
  strangersPerMet: 0,
  maxTypesPerAuthor: 16,
  maxEventBytes: 16 * 1024 * 1024,
  minEventBytesPerAuthor: 2048,
  maxEventBytesPerAuthor: 64 * 1024,
  maxLogsPerAuthor: 2,
  maxTombstones: 4096,
  tombstoneMs: 30 * 86_400_000,
  stateRate: { burst: 20, perSecond: 4 },
  eventRate: { burst: 256, perSecond: 10 },
};

/** What one author's logs may hold while there are so many authors. */
export const eventBytesPerAuthor = (limits: BookLimits, authors: number): number =>
  Math.max(
    limits.minEventBytesPerAuthor,
    Math.min(limits.maxEventBytesPerAuthor, Math.floor(limits.maxEventBytes / Math.max(1, authors))),
  );
