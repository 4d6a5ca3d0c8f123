/**
 * Connections to members that are no neighbours, for as long as they are asked something and a little longer. What the peer
 * manager wants is its own affair: only what was dialled here is closed here.
 */
import type { Clock } from '../../base/clock.ts';
import type { Transport } from '../transport/types.ts';

export interface Visits {
  /**
   * Connects to a peer where it is not connected. Returns how to leave; undefined: it cannot be reached now. Never rejects.
   */
  to(peerId: string, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** Somebody used the connection with the peer, whoever dialled it. */
  used(peerId: string): void;
  /** Connections that were dialled here and are still open. */
  open(): number;
  stop(): void;
}

export interface VisitsDeps {
  readonly transport: Pick<Transport, 'connect' | 'disconnect' | 'peers' | 'watch'>;
  readonly clock: Clock;
  readonly addressesOf: (peerId: string) => readonly string[];
  /** The peer manager holds a connection to it. */
  readonly isNeighbour: (peerId: string) => boolean;
}

/** Whoever was asked is often asked again soon. A handshake costs both some milliseconds of a processor. */
const IDLE_MS = 30_000;
/** Others that are no neighbours come and go as well; an agent has room for 64 connections. */
const MAX_VISITS = 8;

interface Visit {
  users: number;
  usedAtMs: number;
  cancel: () => void;
}

export function createVisits({ transport, clock, addressesOf, isNeighbour }: VisitsDeps): Visits {
  const visits = new Map<string, Visit>();
  let dialling = 0;
  const isConnected = (peerId: string): boolean => transport.peers().some((peer) => peer.peerId === peerId);

  const end = (peerId: string): void => {
    visits.get(peerId)?.cancel();
    visits.delete(peerId);
    if (!isNeighbour(peerId)) void transport.disconnect(peerId);
  };
  const wait = (peerId: string, visit: Visit): void => {
    visit.cancel();
    visit.usedAtMs = clock.monotonic();
    visit.cancel = clock.after(IDLE_MS, () => {
      if (visit.users > 0) wait(peerId, visit);
      else end(peerId);
    });
  };
  /** Whoever was left longest ago makes room. */
  const makeRoom = (): boolean => {
    if (visits.size + dialling < MAX_VISITS) return true;
    const [longest] = [...visits]
      .filter(([, { users }]) => users === 0)
      .sort(([, one], [, other]) => one.usedAtMs - other.usedAtMs);
    if (longest === undefined) return false;
    end(longest[0]);
    return true;
  };
  const arrive = (peerId: string): (() => void) => {
    const visit = visits.get(peerId);
    if (visit === undefined) return () => {};
    visit.users += 1;
    return () => {
      visit.users -= 1;
      if (visits.get(peerId) === visit) wait(peerId, visit);
    };
  };
  const unwatch = transport.watch((event) => {
    if (event.kind !== 'disconnected') return;
    visits.get(event.peerId)?.cancel();
    visits.delete(event.peerId);
  });

  return {
    async to(peerId, signal) {
      if (isConnected(peerId)) return arrive(peerId);
      if (!makeRoom()) return undefined;
      dialling += 1;
      const { peer, attempts } = await transport.connect(addressesOf(peerId), peerId, signal);
      dialling -= 1;
      if (peer === undefined) return undefined;
      const isOurs = attempts.some(({ outcome }) => outcome === 'connected') && isConnected(peerId);
      if (isOurs && !visits.has(peerId)) {
        const visit = { users: 0, usedAtMs: 0, cancel: () => {} };
        visits.set(peerId, visit);
        wait(peerId, visit);
      }
      return arrive(peerId);
    },
    used(peerId) {
      const visit = visits.get(peerId);
      if (visit !== undefined) wait(peerId, visit);
    },
    open: () => visits.size,
    stop() {
      unwatch();
      for (const { cancel } of visits.values()) cancel();
      visits.clear();
    },
  };
}
