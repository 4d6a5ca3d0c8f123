/** What the exchanges did since the start. */
import type { OfferResult } from '../records/offer.ts';
import type { ExchangeReport } from './exchange.ts';
import type { ExchangeFault, LinkCounts } from './link.ts';

export interface SyncCounts {
  /** Exchanges that were over well, by who began them. */
  readonly done: { readonly own: number; readonly served: number };
  /** Exchanges that were not, by why. */
  readonly failed: Readonly<Partial<Record<ExchangeFault, number>>>;
  /** Exchanges that neighbours wanted and did not get. */
  readonly refused: number;
  /** Of those done: hashes were compared. */
  readonly compared: number;
  readonly idsSent: number;
  readonly idsReceived: number;
  readonly recordsSent: number;
  readonly recordsReceived: number;
  /** Records that were news. */
  readonly accepted: number;
  readonly rejected: number;
  /** Of frames, without their lengths and the transport's own bytes. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Neighbours that brought what no agent that keeps the rules brings. */
  readonly rejectedFrom: readonly { readonly peerId: string; readonly count: number }[];
}

export interface SyncCounter {
  /** The links count into this. */
  readonly link: LinkCounts;
  done(kind: 'own' | 'served', report: ExchangeReport): void;
  failed(fault: ExchangeFault): void;
  refused(): void;
  offered(result: OfferResult, peerId: string): void;
  counts(): SyncCounts;
}

const MAX_NEIGHBOURS = 64;

export function createSyncCounter(): SyncCounter {
  const link = { bytesSent: 0, bytesReceived: 0 };
  const done = { own: 0, served: 0 };
  const failed: Partial<Record<ExchangeFault, number>> = {};
  const sums = { compared: 0, idsSent: 0, idsReceived: 0, recordsSent: 0 };
  const offered = { recordsReceived: 0, accepted: 0, rejected: 0 };
  const rejectedFrom = new Map<string, number>();
  let refused = 0;
  return {
    link,
    done(kind, report) {
      done[kind] += 1;
      sums.compared += report.compared ? 1 : 0;
      sums.idsSent += report.idsSent;
      sums.idsReceived += report.idsReceived;
      sums.recordsSent += report.recordsSent;
    },
    failed: (fault) => void (failed[fault] = (failed[fault] ?? 0) + 1),
    refused: () => void (refused += 1),
    offered(result, peerId) {
      offered.recordsReceived += 1;
      if (result.kind === 'accepted') offered.accepted += 1;
      if (result.kind !== 'rejected') return;
      offered.rejected += 1;
      const count = (rejectedFrom.get(peerId) ?? 0) + 1;
      // The one that did so last is the newest, so the one that did so longest ago goes.
      rejectedFrom.delete(peerId);
      rejectedFrom.set(peerId, count);
      const oldest = rejectedFrom.size > MAX_NEIGHBOURS ? rejectedFrom.keys().next().value : undefined;
      if (oldest !== undefined) rejectedFrom.delete(oldest);
    },
    counts: () => ({
      done: { ...done },
      failed: { ...failed },
      refused,
      ...sums,
      ...offered,
      ...link,
      rejectedFrom: [...rejectedFrom].map(([peerId, count]) => ({ peerId, count })),
    }),
  };
}
