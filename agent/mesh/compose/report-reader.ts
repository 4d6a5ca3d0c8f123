/**
 * The latest reports of others, decoded when somebody asks and not again while they stay the same; their edges are kept
 * apart, see `reported-edges.ts`.
 */
import { type DecodedReport, REPORT, decodeReport } from '../codec/report.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';
import { type EdgeReader, type ReportedEdges, createEdgeReader } from './reported-edges.ts';

/** What is asked for, and no more: there is one of everybody. */
export interface ReadReport extends Pick<DecodedReport, 'report' | 'store' | 'addresses'> {
  readonly record: BookRecord;
  readonly edges: ReportedEdges;
  readonly hostUptimeMs: number | undefined;
  /** Empty: it did not say. */
  readonly keyIds: readonly string[];
}

/** Undefined where there is none that this version can read. */
export type ReadLatest = (author: AuthorKey) => ReadReport | undefined;

export function createReportReader(book: Pick<RecordBook, 'latest'>): ReadLatest {
  const read = new WeakMap<BookRecord, ReadReport | null>();
  const edgeReader = createEdgeReader();
  return (author) => {
    const record = book.latest(author, REPORT);
    if (record === undefined) return undefined;
    const known = read.get(record);
    if (known !== undefined) return known ?? undefined;
    const report = readReport(record, edgeReader);
    read.set(record, report ?? null);
    return report;
  };
}

function readReport(record: BookRecord, edgeReader: EdgeReader): ReadReport | undefined {
  const decoded = decodeReport(payloadOf(record));
  if (decoded === undefined) return undefined;
  const { report, store, addresses, hostUptimeMs, keyIds = [] } = decoded;
  return { record, report, store, addresses, edges: edgeReader.keep(record, decoded.edges), hostUptimeMs, keyIds };
}
