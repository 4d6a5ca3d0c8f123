/**
 * Scenes of failures.
 *
 * - `scenes`: `incident` is what lists tell of it, as JSON; `body` the whole scene as JSON, deflated (RFC 1951).
 * - `meta`: `scene_bytes` is the sum of the rows.
 */
export const SCENES = `
CREATE TABLE scenes (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  incident TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX scenes_by_time ON scenes (at);

INSERT INTO meta VALUES ('scene_bytes', 0);
`;
