/** What a node's own event log says of whom it lost: after a partition it tells the other side's story. */
import { EVENT, decodeEvent } from '../codec/event.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './hearing.ts';

/**
 * Names of the nodes that the log's author lost between two instants. The instants are compared with the author's own
 * clock, which is as good as any for words to people; nothing is ordered or dropped by it.
 */
export function lostBy(
  log: readonly BookRecord[],
  nameOf: (prefix: string) => string | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): readonly string[] {
  const names = log.flatMap((record) => {
    const event = record.type === EVENT ? decodeEvent(payloadOf(record))?.event : undefined;
    if (event?.kind !== 'edges' || event.at < from - EARLIER_MS || event.at > to) return [];
    return event.edges.flatMap(({ peer, state }) => (state === 'lost' ? (nameOf(peer) ?? []) : []));
  });
  return [...new Set(names)].sort();
}

/** The other side of a cut may notice it first, and its clock may be a little behind. */
const EARLIER_MS = 10_000;
