/**
 * What a mesh needs.
 *
 * - `envelopes`: what was signed, one row a key; `is_event` because events go first when room is needed.
 * - `events.origin`: names an event of another node's log, so that it is kept once; NULL for the own log.
 * - `meta`: `envelope_bytes` and `peer_event_bytes` are sums, kept so that nobody has to count.
 */
export const MESH = `
CREATE TABLE envelopes (
  key TEXT PRIMARY KEY,
  is_event INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  bytes BLOB NOT NULL
);
CREATE INDEX envelopes_by_time ON envelopes (is_event, made_at);

ALTER TABLE events ADD COLUMN origin TEXT;
CREATE UNIQUE INDEX events_by_origin ON events (origin) WHERE origin IS NOT NULL;
CREATE INDEX own_events_by_time ON events (at) WHERE origin IS NULL;
CREATE INDEX peer_events_by_time ON events (at) WHERE origin IS NOT NULL;

INSERT INTO meta VALUES ('envelope_bytes', 0), ('peer_event_bytes', 0);
`;
