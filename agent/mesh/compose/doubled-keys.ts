/**
 * Agents that live with one key, because a machine was copied with its identity and its machine id. Each of the two hears
 * the other speak under a higher boot and outdoes it, so their reports take turns. A process that has started anew never
 * is an earlier one again, so turns tell the two from any restart. That somebody signed two things under one number is
 * counted only (`equivocations` of the record book): a disk that was set back does so once, and is no fault.
 */
import type { Clock } from '../../base/clock.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { REPORT } from '../codec/report.ts';
import type { BookRecord } from '../records/record.ts';
import type { ReadLatest } from './report-reader.ts';

export interface DoubledKeys {
  /** A record that was taken into the book just now, also an own one. */
  note(record: BookRecord): void;
  /** Prefixes of keys whose reports took turns in the last two minutes. */
  list(): readonly string[];
}

export interface DoubledKeysDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly readLatest: ReadLatest;
}

/** They take turns with every sync. */
const SHOWN_MS = 120_000;

interface Starts {
  readonly boot: number;
  /** When the process that spoke last was started, by its own clock, and the one before it. */
  readonly current: number;
  readonly before: number | undefined;
}

export function createDoubledKeys({ clock, readLatest }: DoubledKeysDeps): DoubledKeys {
  const starts = new Map<string, Starts>();
  const doubled = new Map<string, number>();
  return {
    note({ type, author, boot }) {
      const prefix = prefixOf(author);
      const known = starts.get(prefix);
      if (type !== REPORT || known?.boot === boot) return;
      const startedAt = readLatest(author)?.report.startedAt;
      if (startedAt === undefined) return;
      const isSame = startedAt === known?.current;
      if (!isSame && startedAt === known?.before) doubled.set(prefix, clock.monotonic());
      starts.set(prefix, { boot, current: startedAt, before: isSame ? known.before : known?.current });
    },
    list() {
      const now = clock.monotonic();
      for (const [prefix, atMs] of doubled) if (now - atMs > SHOWN_MS) doubled.delete(prefix);
      return [...doubled.keys()];
    },
  };
}
