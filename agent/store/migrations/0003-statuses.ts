/**
 * What the diagnosis concluded over time.
 *
 * - `statuses`: a row for each time during which it was the same; `until` is when it was last so, `body` the record as
 *   JSON, deflated (RFC 1951). `until` stands before the body, so that a later end rewrites one page.
 * - `meta`: `status_bytes` is the sum of the rows.
 */
export const STATUSES = `
CREATE TABLE statuses (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX statuses_by_time ON statuses (at);

INSERT INTO meta VALUES ('status_bytes', 0);
`;
