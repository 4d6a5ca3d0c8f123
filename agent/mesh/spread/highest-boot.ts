/**
 * How far the boot counter of an author has come, as far as this book shows. What was only attested counts, too: an
 * agent that went on below a boot that others have seen of its key would be behind itself for ever.
 */
import { BINDING } from '../codec/binding.ts';
import { LEAVING } from '../codec/leaving.ts';
import { REPORT } from '../codec/report.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { RecordBook } from '../records/record-book.ts';

/** 0: nothing of this author is held. */
export function highestBoot(book: RecordBook, author: AuthorKey): number {
  const state = [REPORT, BINDING, LEAVING].map((type) => book.latest(author, type)?.boot ?? 0);
  const least = Math.max(...state, book.attestedBoot(author));
  return book.events(author).reduce((highest, { boot }) => Math.max(highest, boot), least);
}
