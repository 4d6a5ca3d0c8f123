const chunkTable = (resolution: string): string => `
CREATE TABLE chunks_${resolution} (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX chunks_${resolution}_by_series ON chunks_${resolution} (series_id, start_at);
`;

/**
 * The first schema.
 *
 * - `chunks_*`: compressed samples and roll-up points of a series. One table a resolution, so that each is written at
 *   its end and deleted at its beginning, and whole pages come free. The order of `id` is about that of time.
 * - `tail`: samples that are in no chunk yet, one row a batch, so that an acknowledged batch survives a kill; the first
 *   row sums up all before it. `run` and `number` say which batch it was, so that none is written twice.
 * - `events`: AUTOINCREMENT, because the number of an event that was evicted must never be given again.
 * - `meta`: `epoch` names this event log; `event_bytes` is the size of all events' bodies.
 */
export const INITIAL = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE documents (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  check_id TEXT NOT NULL,
  reading TEXT NOT NULL,
  subject TEXT NOT NULL,
  UNIQUE (node, check_id, reading, subject)
);

${['raw', '1m', '15m'].map(chunkTable).join('')}
CREATE TABLE tail (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  number INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  data BLOB NOT NULL
);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  node TEXT NOT NULL,
  check_id TEXT,
  body TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (at);

INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(16)))), ('event_bytes', 0);
`;
