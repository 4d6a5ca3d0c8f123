/** What a node's own event log says of whom it lost: after a partition it tells the other side's story. */
import { type EdgesEvent, EVENT, decodeEvent } from '../codec/event.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

/** On the reader's monotonic clock. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Names of the nodes that the log's author lost in this period, sorted. */
export type ReadLosses = (log: readonly BookRecord[], period: Period) => readonly string[];

/**
 * When an event happened is told by its age, which travels with it from log to log, and not by its author's clock: that
 * may be wrong by any amount.
 */
export function createLossReader(nameOf: (prefix: string) => string | undefined): ReadLosses {
  const read = new WeakMap<BookRecord, EdgesEvent | null>();
  const edgesOf = (record: BookRecord): EdgesEvent['edges'] => {
    const known = read.get(record);
    const event = known === undefined ? decode(record) : known;
    if (known === undefined) read.set(record, event);
    return event?.edges ?? [];
  };
  return (log, { fromMs, toMs }) => {
    const names = log
      .filter(({ madeAt }) => madeAt >= fromMs - EARLIER_MS && madeAt <= toMs + LATER_MS)
      .flatMap(edgesOf)
      .flatMap(({ peer, state }) => (state === 'lost' ? (nameOf(peer) ?? []) : []));
    return [...new Set(names)].sort();
  };
}

/** The other side of a cut may notice it first. */
const EARLIER_MS = 10_000;
/** A broadcast that was under way when the cut began has no age, and arrives when it ends. */
const LATER_MS = 5000;

function decode(record: BookRecord): EdgesEvent | null {
  const event = record.type === EVENT ? decodeEvent(payloadOf(record))?.event : undefined;
  return event?.kind === 'edges' ? event : null;
}
