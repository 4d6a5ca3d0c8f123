/** What roster readers have said, the own one among them, decoded when somebody asks and not again. */
import type { Clock } from '../../base/clock.ts';
import type { HeardRoster, Roster } from '../../model/roster.ts';
import { ROSTER, decodeRoster } from '../codec/roster.ts';
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

export interface Rosters {
  /** A record that was taken into the book just now; only rosters matter. */
  hear(record: BookRecord): void;
  /** The run before has been taken up. */
  recalled(): void;
  list(): readonly HeardRoster[];
}

export interface RostersDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly book: Pick<RecordBook, 'latest' | 'allLatest'>;
  readonly nameOf: (prefix: string) => string | undefined;
  readonly isInComponent: (name: string) => boolean;
}

export function createRosters({ clock, book, nameOf, isInComponent }: RostersDeps): Rosters {
  /** By prefix: there are a handful of readers among thousands of authors. */
  const readers = new Map<string, AuthorKey>();
  const decoded = new WeakMap<BookRecord, Roster | null>();
  const read = (record: BookRecord): Roster | undefined => {
    const known = decoded.get(record);
    if (known !== undefined) return known ?? undefined;
    const roster = decodeRoster(payloadOf(record))?.roster;
    decoded.set(record, roster ?? null);
    return roster;
  };
  const hear = ({ type, author }: BookRecord): void => {
    if (type === ROSTER) readers.set(prefixOf(author), author);
  };
  return {
    hear,
    recalled: () => book.allLatest(ROSTER).forEach(hear),
    list: () =>
      [...readers].flatMap(([prefix, author]) => {
        const [record, node] = [book.latest(author, ROSTER), nameOf(prefix)];
        if (record === undefined) readers.delete(prefix);
        const roster = record && read(record);
        if (record === undefined || roster === undefined || node === undefined) return [];
        return { node, elapsedMs: clock.monotonic() - record.madeAt, isCurrent: isInComponent(node), roster };
      }),
  };
}
