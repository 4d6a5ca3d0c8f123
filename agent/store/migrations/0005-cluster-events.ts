/**
 * Events of the Kubernetes API.
 *
 * - `cluster_events`: each as it was seen last. `at` is not before that of any of its sightings;
 *   `counted` is the sum of them, of which the older ones go before it.
 * - `sightings`: each time that more was seen of one: when (by the clock of whoever wrote it), how often since it was looked at
 *   before, and how often in all; `since_at` is since when (Unix ms), NULL: all at once, or nobody knows.
 * - `meta`: `cluster_event_bytes` is the sum of the rows of both, `cluster_event_horizon` the latest instant (Unix ms) of what
 *   was deleted.
 */
export const CLUSTER_EVENTS = `
CREATE TABLE cluster_events (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  object_uid TEXT NOT NULL,
  container TEXT,
  component TEXT NOT NULL,
  node TEXT,
  first_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  counted INTEGER NOT NULL
);
CREATE INDEX cluster_events_by_time ON cluster_events (at);

CREATE TABLE sightings (
  id INTEGER PRIMARY KEY,
  event INTEGER NOT NULL,
  at INTEGER NOT NULL,
  added INTEGER NOT NULL,
  count INTEGER NOT NULL,
  since_at INTEGER
);
CREATE INDEX sightings_by_time ON sightings (at, event, added);

INSERT INTO meta VALUES ('cluster_event_bytes', 0), ('cluster_event_horizon', 0);
`;
