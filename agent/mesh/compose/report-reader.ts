/** The latest reports of others, decoded when somebody asks and not again while they stay the same. */
import { type DecodedReport, REPORT, decodeReport } from '../codec/report.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './hearing.ts';

export interface ReadReport {
  readonly record: BookRecord;
  readonly report: DecodedReport;
}

/** Undefined where there is none that this version can read. */
export type ReadLatest = (author: AuthorKey) => ReadReport | undefined;

export function createReportReader(book: Pick<RecordBook, 'latest'>): ReadLatest {
  const read = new WeakMap<BookRecord, DecodedReport | null>();
  return (author) => {
    const record = book.latest(author, REPORT);
    if (record === undefined) return undefined;
    const known = read.get(record);
    const report = known === undefined ? (decodeReport(payloadOf(record)) ?? null) : known;
    read.set(record, report);
    return report === null ? undefined : { record, report };
  };
}
