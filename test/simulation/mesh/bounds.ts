/**
 * What an agent may hold and say, by the number of members and of keys that ever spoke: looked at whenever it writes its
 * disk, every 2 s. The factors are twice what 150 seeds showed at most. Back-offs lie in maps of a fixed size, and are not
 * seen from outside.
 */
import type { MeshCounts } from '../../../agent/mesh/mesh.ts';
import type { VirtualAgent } from './agent.ts';
import type { World } from './world.ts';

export type Break = (invariant: 'memory' | 'traffic' | 'event-rate' | 'false-misdeed', what: string) => void;

export interface Bounds {
  look(agent: VirtualAgent, world: World): void;
}

/** What grows, at one moment. */
interface Sums {
  readonly atMs: number;
  readonly exchanges: number;
  readonly bytes: number;
  readonly events: number;
}

const WINDOW_MS = 10_000;
/** Own exchanges a second: two in 5 s where nothing happens, and a few for each who comes back. */
const MOST_EXCHANGES = 6;
/** Of sync, a second for each member: all is new for all after a heal. */
const MOST_BYTES = 2500;
/** A second for each member, over ten. */
const MOST_EVENTS = 2.5;
/** Of a report, a claim and a farewell. */
const STATE_BYTES = 2048;
const EVENT_BYTES = 512;
/** Neighbours, and those who take a neighbour for gone and me for the next. */
const MOST_CONNECTIONS = 40;
/** Observers of a member. */
const MOST_TESTIMONY = 8;
/** Of a key: its machine's, and that of a copy. */
const MOST_NAMES = 2;
/** Where a key was once: two machines at most have it here. */
const MOST_ADDRESSES = 2;

export function createBounds(broken: Break): Bounds {
  const before = new Map<VirtualAgent, Sums>();
  const keys = new Set<string>();

  const lookAtMemory = (agent: VirtualAgent, world: World, counts: MeshCounts): void => {
    const { records } = counts;
    const members = agent.mesh.members();
    const { addresses } = agent.host.kept.memory();
    const own = agent.node === agent.host.name ? 0 : 1;
    const rows: readonly (readonly [what: string, held: number, most: number])[] = [
      ['authors', records.authors, keys.size],
      ['reports', records.reports, keys.size],
      ['records of unknown types', records.unknown, keys.size],
      ['tombstones', records.tombstones, keys.size],
      ['bytes of records', records.bytes, STATE_BYTES * keys.size + EVENT_BYTES * records.events],
      ['members', members.length, world.homes.size + own],
      ['peers with addresses', addresses.length, keys.size],
      ['addresses of one peer', Math.max(0, ...addresses.map((entry) => entry.addresses.length)), MOST_ADDRESSES],
      ['cursors', counts.spread.cursors, keys.size],
      ['claims of names', counts.hearsay.claims, MOST_NAMES * keys.size],
      ['statements about nobody', counts.hearsay.unresolved, keys.size * world.homes.size],
      ['connections', counts.peers, Math.min(MOST_CONNECTIONS, keys.size)],
      ['observers of one member', Math.max(0, ...members.map(({ testimony }) => testimony.length)), MOST_TESTIMONY],
    ];
    for (const [what, held, most] of rows) {
      if (held > most) broken('memory', `${agent.host.name} holds ${held} ${what}, more than ${most}`);
    }
  };

  const lookAtTraffic = (agent: VirtualAgent, world: World, counts: MeshCounts): void => {
    const now = sumsOf(counts, world.queue.now());
    const last = before.get(agent) ?? { atMs: agent.startedMs, exchanges: 0, bytes: 0, events: now.events };
    if (before.has(agent) && now.atMs - last.atMs < WINDOW_MS) return;
    before.set(agent, now);
    // What it had on its disk has not come in this while.
    if (last.atMs === agent.startedMs) return;
    const perSecond = (from: number, to: number): number => (1000 * (to - from)) / (now.atMs - last.atMs);
    const members = world.homes.size;
    const rows: readonly (readonly ['traffic' | 'event-rate', what: string, rate: number, most: number])[] = [
      ['traffic', 'exchanges', perSecond(last.exchanges, now.exchanges), MOST_EXCHANGES],
      ['traffic', 'bytes of sync', perSecond(last.bytes, now.bytes), MOST_BYTES * members],
      ['event-rate', 'events', perSecond(last.events, now.events), MOST_EVENTS * members],
    ];
    for (const [invariant, what, rate, most] of rows) {
      if (rate > most) broken(invariant, `${agent.host.name} has ${Math.round(rate)} ${what} a second, not ${most}`);
    }
  };

  /** Whatever happens to honest agents, they do nothing that another one would hold against them. */
  const lookAtConduct = (agent: VirtualAgent, world: World, counts: MeshCounts): void => {
    const { misdeeds, refusals } = counts.conduct;
    const held = Object.entries(misdeeds).filter(([kind, count]) => count > (kind === 'forged' ? world.forgeries : 0));
    const told = (agent.mesh.state().mesh.misbehaving ?? []).map(({ node, peerId }) => node ?? peerId);
    if (held.length + refusals + told.length === 0) return;
    const what = held.map(([kind, count]) => `${count} times ${kind}`).join(', ');
    broken('false-misdeed', `${agent.host.name} holds ${what} against others, and cuts off ${told.join()}`);
  };

  return {
    look(agent, world) {
      for (const one of world.agents()) keys.add(one.transport()?.peerId ?? '');
      const counts = agent.mesh.counts();
      if (counts === undefined) return;
      lookAtMemory(agent, world, counts);
      lookAtConduct(agent, world, counts);
      lookAtTraffic(agent, world, counts);
    },
  };
}

function sumsOf(counts: MeshCounts, atMs: number): Sums {
  const { sync } = counts.spread;
  const failed = Object.values(sync.failed).reduce((sum: number, count) => sum + (count ?? 0), 0);
  return { atMs, exchanges: sync.done.own + failed, bytes: sync.bytesSent, events: counts.records.events };
}
