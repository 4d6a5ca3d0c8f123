/** What a book holds and what became of what it was offered. */
import { TOPICS } from '../../model/board.ts';
import { BINDING } from '../codec/binding.ts';
import { LEAVING } from '../codec/leaving.ts';
import { MAINTENANCE } from '../codec/maintenance.ts';
import { REPORT } from '../codec/report.ts';
import { ROSTER } from '../codec/roster.ts';
import type { RejectReason } from '../envelope/verifier.ts';
import { peerIdOf } from '../identity/peer-id.ts';
import type { Author } from './authors.ts';
import type { IgnoreReason, OfferResult } from './offer.ts';

export interface BookStats {
  readonly authors: number;
  readonly reports: number;
  readonly events: number;
  readonly tombstones: number;
  /** Records of types that this version does not know; they are kept and relayed. */
  readonly unknown: number;
  /** Of all envelopes but tombstones. */
  readonly bytes: number;
  readonly accepted: number;
  readonly old: number;
  readonly known: number;
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>;
  readonly ignored: Readonly<Partial<Record<IgnoreReason, number>>>;
  /**
   * Authors that signed two things under one number, and how often: a disk that was set back, or a key that lives twice.
   * A figure only; the latter is a conflict as soon as the two take turns, see `compose/doubled-keys.ts`.
   */
  readonly equivocations: readonly { readonly peerId: string; readonly count: number }[];
}

const KNOWN_TYPES: ReadonlySet<string> = new Set([REPORT, BINDING, LEAVING, ROSTER, MAINTENANCE, ...TOPICS]);

export interface BookCounters {
  count(result: OfferResult): void;
  stats(authors: Iterable<Author>, tombstones: number): BookStats;
}

export function createBookCounters(): BookCounters {
  const kinds = { accepted: 0, old: 0, known: 0 };
  const rejected: Partial<Record<RejectReason, number>> = {};
  const ignored: Partial<Record<IgnoreReason, number>> = {};
  return {
    count(result) {
      if (result.kind === 'rejected') rejected[result.why] = (rejected[result.why] ?? 0) + 1;
      else if (result.kind === 'ignored') ignored[result.why] = (ignored[result.why] ?? 0) + 1;
      else kinds[result.kind] += 1;
    },
    stats: (authors, tombstones) => ({
      ...held([...authors]),
      ...kinds,
      tombstones,
      rejected: { ...rejected },
      ignored: { ...ignored },
    }),
  };
}

function held(
  authors: readonly Author[],
): Pick<BookStats, 'authors' | 'reports' | 'events' | 'unknown' | 'bytes' | 'equivocations'> {
  const latest = authors.flatMap((author) => author.latest);
  const logs = authors.flatMap((author) => author.logs);
  return {
    authors: authors.length,
    reports: latest.filter(({ type }) => type === REPORT).length,
    events: logs.reduce((sum, { records }) => sum + records.length, 0),
    unknown: latest.filter(({ type }) => !KNOWN_TYPES.has(type)).length,
    bytes: [...latest.map(({ bytes }) => bytes.length), ...logs.map(({ bytes }) => bytes)].reduce((a, b) => a + b, 0),
    equivocations: authors
      .filter(({ equivocations }) => equivocations > 0)
      .map(({ key, equivocations }) => ({ peerId: peerIdOf(key), count: equivocations })),
  };
}
