/** A Kubernetes API that has events and agents that read them for each other, in virtual time; for tests. */
import Database from 'better-sqlite3';
import { pino } from 'pino';
import type { Board, Note } from '../../agent/model/board.ts';
import type { ClusterEvent, EventSighting } from '../../agent/model/cluster-event.ts';
import type { Member } from '../../agent/model/member.ts';
import type { AskResult } from '../../agent/model/questions.ts';
import { type ClusterEventTable, createClusterEventTable } from '../../agent/store/cluster-event-table.ts';
import { migrate } from '../../agent/store/migrations.ts';
import { type Feed, createFeed } from '../../agent/workloads/events/feed.ts';
import type { EventStore } from '../../agent/workloads/events/record.ts';
import type { EventSource, SourceState } from '../../agent/workloads/events/source.ts';
import { anEvent } from './cluster-events.ts';
import { createFakeClock } from './fake-clock.ts';

const TTL_MS = 3_600_000;
const PAGE = 7;

interface Disk {
  readonly table: ClusterEventTable;
  isAway: boolean;
  /** Some that happened until then (Unix ms) were given up. */
  lostUntil?: number;
}

interface Agent {
  readonly name: string;
  readonly feed: Feed;
  readonly heard: EventSighting[];
  readonly pending: EventSighting[];
  readonly stops: (() => void)[];
}

export interface EventWorld {
  readonly clock: ReturnType<typeof createFakeClock>;
  /** It happens so often more; returns how often in all. */
  happen(uid: string, times?: number, more?: Partial<ClusterEvent>): number;
  /** The API forgets the Event; whoever writes it goes on with its number, under another uid. */
  recreate(uid: string, into: string): void;
  /** How often it happened in all. */
  happened(uid: string): number;
  /** Whose agents cannot ask the API. */
  readonly unreachable: Set<string>;
  /** Watches that the API does not end and to which it says nothing. */
  readonly silent: Set<string>;
  /** Whose first list does not come to its end. */
  readonly slow: Set<string>;
  /** Their watch ends, and what happens until the next list is in that alone. */
  breakWatch(name: string): void;
  start(name: string): void;
  kill(name: string): void;
  at(name: string): Agent;
  running(): readonly string[];
  readers(): readonly string[];
  disk(name: string): Disk;
  /** Who does not reach the others: 0 is the side of everybody else. */
  readonly side: Map<string, number>;
  /** What an agent was asked: `w1 events-follow`. */
  readonly asked: string[];
  /** How often it happened, by the store of an agent. */
  stored(name: string, uid: string): number;
}

interface WorldOptions {
  readonly hasKube?: (name: string) => boolean;
  readonly hasMesh?: boolean;
}

export function createEventWorld({ hasKube = () => true, hasMesh = true }: WorldOptions = {}): EventWorld {
  const clock = createFakeClock();
  const events = new Map<string, ClusterEvent>();
  const totals = new Map<string, number>();
  const unreachable = new Set<string>();
  const silent = new Set<string>();
  const slow = new Set<string>();
  const side = new Map<string, number>();
  const agents = new Map<string, Agent>();
  const disks = new Map<string, Disk>();
  const notes = new Map<string, { readonly items: readonly unknown[]; readonly madeMs: number; isRead: Set<string> }>();
  const connectedMs = new Map<string, number>();
  const asked: string[] = [];
  const broken = new Set<string>();
  const watchers = new Map<string, (event: ClusterEvent) => void>();
  let runs = 0;

  const sees = (one: string, other: string): boolean => (side.get(one) ?? 0) === (side.get(other) ?? 0);

  const sourceOf =
    (name: string): EventSource =>
    (hooks) => {
      let state: SourceState = { why: 'the events are being listed' };
      const look = (): void => {
        if (unreachable.has(name)) {
          watchers.delete(name);
          state = { why: 'connection refused', ...(state.heardAtMs !== undefined && { heardAtMs: state.heardAtMs }) };
          return;
        }
        if (silent.has(name)) return;
        if (slow.has(name) && state.completeSinceMs === undefined) return hooks.onEvents([], 'listed');
        const now = clock.monotonic();
        if (state.completeSinceMs !== undefined && !broken.delete(name) && watchers.has(name)) {
          state = { ...state, heardAtMs: now };
          return;
        }
        for (const [uid, { at }] of events) if (clock.now() - at > TTL_MS) events.delete(uid);
        const all = [...events.values()];
        for (let from = 0; from === 0 || from < all.length; from += PAGE)
          hooks.onEvents(all.slice(from, from + PAGE), 'listed');
        hooks.onListed();
        watchers.set(name, (event) => {
          if (!silent.has(name) && !broken.has(name)) hooks.onEvents([event], 'watched');
        });
        state = { completeSinceMs: now, heardAtMs: now };
      };
      const cancel = clock.every(1000, look);
      agents.get(name)?.stops.push(cancel);
      look();
      return {
        state: () => state,
        stop() {
          cancel();
          watchers.delete(name);
        },
      };
    };

  const memberOf = (self: string, name: string): Member => ({
    name,
    state: agents.has(name) ? 'alive' : 'agent-down',
    sinceMs: 0,
    judged: true,
    inComponent: agents.has(name) && sees(self, name),
    connectedSinceMs: connectedMs.get(name) ?? 0,
    testimony: [],
  });

  const boardOf = (self: string): Board => ({
    tell(_topic, items) {
      notes.set(self, { items: JSON.parse(JSON.stringify(items)), madeMs: clock.monotonic(), isRead: new Set([self]) });
      return 'told';
    },
    notes: () =>
      [...notes].flatMap(([node, { items, madeMs, isRead }]): Note[] => {
        if (sees(self, node)) isRead.add(self);
        const isCurrent = agents.has(node) && sees(self, node);
        return isRead.has(self)
          ? [{ node, isOwn: node === self, isCurrent, ageMs: clock.monotonic() - madeMs, items }]
          : [];
      }),
  });

  const askOf =
    (self: string) =>
    async (node: string, subject: string, question: unknown): Promise<AskResult> => {
      asked.push(`${node} ${subject}`);
      const other = agents.get(node);
      if (other === undefined || !sees(self, node))
        return { kind: 'failed', node, why: 'not-connected', message: `the agent of ${node} cannot be reached` };
      const { follow, search } = other.feed.answers;
      const given = JSON.parse(JSON.stringify(question)) as unknown;
      const value = await (subject === 'events-follow' ? follow(given, { node: self }) : search(given));
      if (value === undefined)
        return { kind: 'failed', node, why: 'refused', message: `the agent of ${node} refused the question` };
      return { kind: 'answer', node, value: JSON.parse(JSON.stringify(value)) };
    };

  const diskOf = (name: string): Disk => {
    const known = disks.get(name);
    if (known !== undefined) return known;
    const connection = new Database(':memory:');
    migrate(connection);
    const disk: Disk = { table: createClusterEventTable(connection), isAway: false };
    disks.set(name, disk);
    return disk;
  };

  /** Written once a second, as by the store's process. */
  const storeOf = (name: string, pending: EventSighting[]): EventStore => {
    const disk = diskOf(name);
    const answer = async <T>(read: (table: ClusterEventTable) => T) => {
      if (disk.isAway) return { kind: 'unavailable', message: 'the disk does not answer' } as const;
      disk.table.put(pending.splice(0));
      return { kind: 'answer', value: read(disk.table) } as const;
    };
    return {
      saveSightings: (sightings) => void pending.push(...sightings),
      sightingsLostUntil: () => disk.lostUntil,
      clusterEvents: (query) => answer((table) => table.events(query)),
      sightings: (query) => answer((table) => table.sightings(query)),
      countedEvents: (from, limit) => answer((table) => table.counted(from, limit)),
    };
  };

  const world: EventWorld = {
    clock,
    unreachable,
    silent,
    slow,
    side,
    asked,
    happen(uid, times = 1, more = {}) {
      const before = events.get(uid);
      const count = (before?.count ?? 0) + times;
      totals.set(uid, (totals.get(uid) ?? 0) + times);
      const event = {
        ...anEvent(clock.now(), { uid, name: uid, ...more, count }),
        firstAt: before?.firstAt ?? clock.now(),
      };
      events.set(uid, event);
      // It is made first, and then counts up.
      const written = before === undefined && times > 1 ? [{ ...event, count: 1 }, event] : [event];
      for (const [name, tell] of watchers) if (!unreachable.has(name)) for (const one of written) tell(one);
      return totals.get(uid) ?? 0;
    },
    recreate(uid, into) {
      const before = events.get(uid);
      if (before === undefined) throw new Error(uid);
      events.delete(uid);
      events.set(into, { ...before, uid: into });
    },
    happened: (uid) => totals.get(uid) ?? 0,
    breakWatch: (name) => void broken.add(name),
    start(name) {
      runs += 1;
      const pending: EventSighting[] = [];
      const store = storeOf(name, pending);
      const feed = createFeed(
        { self: name, runId: `run-${runs}`, drop: ['DNSConfigForming'], hasMesh },
        {
          clock,
          log: pino({ level: 'silent' }),
          source: hasKube(name) ? sourceOf(name) : undefined,
          members: () => [...new Set([...agents.keys(), ...disks.keys()])].map((other) => memberOf(name, other)),
          board: boardOf(name),
          ask: askOf(name),
          store,
        },
      );
      const agent: Agent = { name, feed, heard: [], pending, stops: [] };
      agents.set(name, agent);
      connectedMs.set(name, clock.monotonic());
      feed.onSightings((sightings) => void agent.heard.push(...sightings));
      agent.stops.push(
        clock.every(1000, () => {
          const disk = diskOf(name);
          if (!disk.isAway) disk.table.put(pending.splice(0));
        }),
        () => feed.stop(),
      );
      feed.start();
    },
    kill(name) {
      for (const stop of world.at(name).stops) stop();
      watchers.delete(name);
      agents.delete(name);
    },
    at(name) {
      const agent = agents.get(name);
      if (agent === undefined) throw new Error(`${name} does not run`);
      return agent;
    },
    running: () => [...agents.keys()],
    readers: () => [...agents.values()].filter(({ feed }) => feed.counts().part === 'reads').map(({ name }) => name),
    disk: diskOf,
    stored: (name, uid) =>
      diskOf(name)
        .table.events({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1000, name: uid })
        .reduce((sum, { occurrences }) => sum + occurrences, 0),
  };
  return world;
}
