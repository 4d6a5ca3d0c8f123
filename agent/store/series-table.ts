/** Numbers for series: (node, check, reading, subject) is named once. */
import type { SeriesKey, SeriesQuery } from '../model/history.ts';
import type { Connection } from './connection.ts';
import { RESOLUTIONS } from './resolutions.ts';
import { seriesName } from './series-name.ts';

export interface SeriesTable {
  /** The series' number; a new series is entered. */
  idOf(key: SeriesKey): number;
  /** The series' number if it has one. */
  lookUp(key: SeriesKey): number | undefined;
  nodeOf(id: number): string | undefined;
  /** At most {@link MAX_SERIES} series that a query asks for. */
  find(query: SeriesQuery): readonly { readonly id: number; readonly key: SeriesKey }[];
  /** Removes series of which nothing is left; `inUse` says which have samples outside the chunks. Returns how many. */
  removeUnused(inUse: (id: number) => boolean): number;
  /** Forgets what a transaction that was rolled back may have entered. */
  reset(): void;
}

const MAX_SERIES = 64;
/** Bound on the names held in memory. */
const MAX_NAMES = 10_000;

export function createSeriesTable(connection: Connection): SeriesTable {
  const { select, insert, owner, search, unused, remove } = prepare(connection);
  const names = new Map<string, number>();

  const enter = ({ node, check, reading, subject = '' }: SeriesKey): number =>
    Number(insert.run(node, check, reading, subject).lastInsertRowid);
  const remember = (name: string, id: number): number => {
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, id);
    return id;
  };
  const lookUp = (key: SeriesKey): number | undefined => {
    const { node, check, reading, subject = '' } = key;
    const name = seriesName(key);
    const known = names.get(name);
    if (known !== undefined) return known;
    const found = select.get(node, check, reading, subject)?.id;
    return found === undefined ? undefined : remember(name, found);
  };

  return {
    idOf: (key) => lookUp(key) ?? remember(seriesName(key), enter(key)),
    lookUp,
    nodeOf: (id) => owner.get(id)?.node,
    find({ node, check, reading, subject }) {
      const rows = search.all({ node, check, reading: reading ?? null, subject: subject ?? null });
      return rows.map((row) => ({ id: row.id, key: keyOf(node, check, row) }));
    },
    removeUnused(inUse) {
      const ids = unused.all().filter(({ id }) => !inUse(id));
      for (const { id } of ids) remove.run(id);
      if (ids.length > 0) names.clear();
      return ids.length;
    },
    reset: () => names.clear(),
  };
}

const prepare = (connection: Connection) => ({
  select: connection.prepare<[string, string, string, string], { id: number }>(
    'SELECT id FROM series WHERE node = ? AND check_id = ? AND reading = ? AND subject = ?',
  ),
  insert: connection.prepare<[string, string, string, string]>(
    'INSERT INTO series (node, check_id, reading, subject) VALUES (?, ?, ?, ?)',
  ),
  owner: connection.prepare<[number], { node: string }>('SELECT node FROM series WHERE id = ?'),
  search: connection.prepare<SearchParameters, SearchRow>(
    `SELECT id, reading, subject FROM series WHERE node = @node AND check_id = @check
     AND (@reading IS NULL OR reading = @reading) AND (@subject IS NULL OR subject = @subject)
     ORDER BY reading, subject LIMIT ${MAX_SERIES}`,
  ),
  unused: connection.prepare<[], { id: number }>(
    `SELECT id FROM series WHERE ${RESOLUTIONS.map(
      ({ name }) => `NOT EXISTS (SELECT 1 FROM chunks_${name} WHERE series_id = series.id)`,
    ).join(' AND ')}`,
  ),
  remove: connection.prepare<[number]>('DELETE FROM series WHERE id = ?'),
});

interface SearchParameters {
  readonly node: string;
  readonly check: string;
  readonly reading: string | null;
  readonly subject: string | null;
}

interface SearchRow {
  readonly id: number;
  readonly reading: string;
  readonly subject: string;
}

const keyOf = (node: string, check: string, { reading, subject }: SearchRow): SeriesKey => ({
  node,
  check,
  reading,
  ...(subject !== '' && { subject }),
});
