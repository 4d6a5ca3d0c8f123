/** Bounds by age and by bytes. Little is deleted at a time: a clock that jumps for a minute must not empty the store. */
import type { ChunkTable } from './chunk-table.ts';
import type { ClusterEventTable } from './cluster-event-table.ts';
import type { Connection } from './connection.ts';
import type { EnvelopeTable } from './envelope-table.ts';
import type { EventTable } from './event-table.ts';
import type { SceneTable } from './scene-table.ts';
import type { StatusTable } from './status-table.ts';
import { RESOLUTIONS, type Resolution } from './resolutions.ts';

export interface Limits {
  /** Of the database file, its journal excepted. */
  readonly fileBytes: number;
  readonly eventBytes: number;
  readonly eventMs: number;
  /** Of what was signed in the mesh. */
  readonly envelopeBytes: number;
  /** Of what the diagnosis concluded; kept as long as events. */
  readonly statusBytes: number;
  /** Of scenes of failures. */
  readonly sceneBytes: number;
  readonly sceneMs: number;
  /** Of events of the Kubernetes API. */
  readonly clusterEventBytes: number;
  readonly clusterEventMs: number;
}

export interface Retention {
  /** Deletes what is too old; call once a minute. Inside a transaction. */
  removeOld(now: number): void;
  /** Deletes the oldest while the file holds more than its limit; at most a bounded part. Inside a transaction. */
  makeRoom(now: number): void;
  /** Gives free pages back to the file system, a bounded number at once. Outside a transaction. */
  shrink(): void;
  /** Bytes of the database file. */
  readonly fileBytes: () => number;
}

const CHUNKS_AT_ONCE = 200;
const EVENTS_AT_ONCE = 500;
/** Few, because a report or a name among them is worth more than an event; a batch adds some 2,000 at most. */
const ENVELOPES_AT_ONCE = 50;
const ENVELOPE_ROUNDS = 40;
const STATUSES_AT_ONCE = 100;
/** Some tens of kibibytes each. */
const SCENES_AT_ONCE = 8;
const SIGHTINGS_AT_ONCE = 500;
/** Of the events' bytes; the rest is for the own log, however much peers have to say. */
const PEERS_SHARE = 0.75;
/** Of deleting at once; enough for more than any batch adds. */
const ROUNDS = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ENVELOPE_MS = 30 * DAY_MS;
/** So many free pages are kept for the next writes: giving back and taking again costs more than they do. */
const SPARE_PAGES = 256;
const PAGES_AT_ONCE = 512;

/**
 * When bytes run out, the finest goes first, but a chart of three hours stays as long as anything older can go; only
 * then everything by age.
 */
const KEEP_WHEN_FULL: readonly (readonly [
  Resolution['name'] | 'events' | 'envelopes' | 'statuses' | 'scenes' | 'cluster-events',
  number,
])[] = [
  ['raw', 3 * HOUR_MS],
  ['1m', DAY_MS],
  ['15m', 7 * DAY_MS],
  ['events', 7 * DAY_MS],
  ['statuses', 7 * DAY_MS],
  ['envelopes', 7 * DAY_MS],
  ['cluster-events', DAY_MS],
  ['scenes', DAY_MS],
  ['raw', HOUR_MS],
  ['1m', 0],
  ['15m', 0],
  ['raw', 0],
  ['cluster-events', 0],
  ['scenes', 0],
  ['envelopes', 0],
  ['statuses', 0],
  ['events', 0],
];

export function createRetention(
  connection: Connection,
  tables: {
    chunks: ChunkTable;
    events: EventTable;
    envelopes: EnvelopeTable;
    statuses: StatusTable;
    scenes: SceneTable;
    clusterEvents: ClusterEventTable;
  },
  limits: Limits,
): Retention {
  const { chunks, events, envelopes, statuses, scenes, clusterEvents } = tables;
  // Prepared once: what `pragma()` prepares for every call stays in memory until the next collection of garbage.
  const prepare = (name: string) => connection.prepare<[], number>(`PRAGMA ${name}`).pluck();
  const pages = prepare('page_count');
  const freePages = prepare('freelist_count');
  const pageBytes = Number(connection.pragma('page_size', { simple: true }));
  const fileBytes = (): number => (pages.get() ?? 0) * pageBytes;
  const usedBytes = (): number => fileBytes() - (freePages.get() ?? 0) * pageBytes;
  const remove = (name: (typeof KEEP_WHEN_FULL)[number][0], before: number): number => {
    if (name === 'envelopes') return envelopes.removeBefore(before, ENVELOPES_AT_ONCE);
    if (name === 'statuses') return statuses.removeBefore(before, STATUSES_AT_ONCE);
    if (name === 'scenes') return scenes.removeBefore(before, SCENES_AT_ONCE);
    if (name === 'cluster-events') return clusterEvents.removeBefore(before, SIGHTINGS_AT_ONCE);
    const resolution = RESOLUTIONS.find((one) => one.name === name);
    if (resolution === undefined) return events.removeBefore(before, EVENTS_AT_ONCE);
    return chunks.removeBefore(resolution, before, CHUNKS_AT_ONCE);
  };

  return {
    removeOld(now) {
      for (const resolution of RESOLUTIONS) {
        chunks.removeBefore(resolution, now - resolution.keepMs, CHUNKS_AT_ONCE);
      }
      events.removeBefore(now - limits.eventMs, EVENTS_AT_ONCE);
      envelopes.removeBefore(now - ENVELOPE_MS, ENVELOPES_AT_ONCE);
      statuses.removeBefore(now - limits.eventMs, STATUSES_AT_ONCE);
      scenes.removeBefore(now - limits.sceneMs, SCENES_AT_ONCE);
      clusterEvents.removeBefore(now - limits.clusterEventMs, SIGHTINGS_AT_ONCE);
    },
    makeRoom(now) {
      if (events.bytes('peers') > limits.eventBytes * PEERS_SHARE) {
        events.removeBefore(Infinity, EVENTS_AT_ONCE, 'peers');
      }
      for (let round = 0; round < ENVELOPE_ROUNDS && envelopes.bytes() > limits.envelopeBytes; round += 1) {
        envelopes.removeBefore(Infinity, ENVELOPES_AT_ONCE);
      }
      if (statuses.bytes() > limits.statusBytes) statuses.removeBefore(Infinity, STATUSES_AT_ONCE);
      for (let round = 0; round < ROUNDS && scenes.bytes() > limits.sceneBytes; round += 1) {
        scenes.removeSurplus();
      }
      for (let round = 0; round < ROUNDS && clusterEvents.bytes() > limits.clusterEventBytes; round += 1) {
        clusterEvents.removeBefore(Infinity, SIGHTINGS_AT_ONCE);
      }
      if (events.bytes('all') > limits.eventBytes) events.removeBefore(Infinity, EVENTS_AT_ONCE);
      for (let round = 0; round < ROUNDS && usedBytes() > limits.fileBytes - SPARE_PAGES * pageBytes; round += 1) {
        if (!KEEP_WHEN_FULL.some(([name, keepMs]) => remove(name, keepMs === 0 ? Infinity : now - keepMs) > 0)) return;
      }
    },
    shrink() {
      const free = (freePages.get() ?? 0) - SPARE_PAGES;
      if (free > 0) connection.pragma(`incremental_vacuum(${Math.min(free, PAGES_AT_ONCE)})`);
    },
    fileBytes,
  };
}
