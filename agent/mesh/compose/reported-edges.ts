/**
 * What a report states of others. All reports of a large cluster together have 80,000 edges, and nearly nobody asks for
 * one that is as it should be: kept are the keys of the peers and the edges that are not, the others are read again from
 * the bytes that were signed.
 */
import { isStriking } from '../../model/stated-edges.ts';
import type { WireEdge } from '../codec/edge.ts';
import { decodeReport } from '../codec/report.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

export interface ReportedEdges {
  /** Prefixes of keys that the author watches, in the order of the edges. Whom it only sampled once is not among them. */
  readonly peers: readonly string[];
  /** See {@link isStriking}. */
  readonly striking: readonly WireEdge[];
  /** Of the underlay. Made anew each time. */
  all(): readonly WireEdge[];
  /** Those of the overlay; made anew each time. */
  overlay(): readonly WireEdge[];
  /** Those that lead to this key, if the author watches it. */
  to(prefix: string): readonly WireEdge[];
}

/** Reads the edges of records, and remembers those of the last one. */
export interface EdgeReader {
  /** `edges` have just been read from it. */
  keep(record: BookRecord, edges: readonly WireEdge[]): ReportedEdges;
}

const NONE: readonly never[] = [];

export function createEdgeReader(): EdgeReader {
  let last: { readonly record: BookRecord; readonly edges: readonly WireEdge[] } | undefined;
  const read = (record: BookRecord): readonly WireEdge[] => {
    if (last?.record !== record) last = { record, edges: decodeReport(payloadOf(record))?.edges ?? NONE };
    return last.edges;
  };
  return {
    keep(record, edges) {
      last = { record, edges };
      return new KeptEdges(record, edges, read);
    },
  };
}

class KeptEdges implements ReportedEdges {
  readonly peers: readonly string[];
  readonly striking: readonly WireEdge[];
  readonly #record: BookRecord;
  readonly #read: (record: BookRecord) => readonly WireEdge[];

  constructor(record: BookRecord, edges: readonly WireEdge[], read: (record: BookRecord) => readonly WireEdge[]) {
    const underlay = edges.filter(isOfUnderlay);
    const striking = underlay.filter(isStriking);
    this.peers = underlay.flatMap(({ peer, sampled }) => (sampled === true ? [] : [peer]));
    this.striking = striking.length === 0 ? NONE : striking;
    this.#record = record;
    this.#read = read;
  }

  all(): readonly WireEdge[] {
    return this.#read(this.#record).filter(isOfUnderlay);
  }

  overlay(): readonly WireEdge[] {
    return this.#read(this.#record).filter((edge) => !isOfUnderlay(edge));
  }

  to(prefix: string): readonly WireEdge[] {
    return this.peers.includes(prefix)
      ? this.all().filter(({ peer, sampled }) => peer === prefix && sampled !== true)
      : NONE;
  }
}

const isOfUnderlay = ({ network }: WireEdge): boolean => network === 'underlay';
