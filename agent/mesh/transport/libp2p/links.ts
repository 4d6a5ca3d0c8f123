/**
 * The open connections, by peer. libp2p keeps two where two peers dial each other at the same time; closing the one that
 * carries the broadcast streams would leave both deaf, so the second one is closed here, and who keeps the other is told.
 */
import type { Connection, Stream } from '@libp2p/interface';
import type { Clock } from '../../../base/clock.ts';
import type { ConnectedPeer, DisconnectReason, TransportEvent } from '../types.ts';
import { fromMultiaddr } from './multiaddr.ts';

/** Connections that opened within this time of each other are taken for crossing dials. */
const CROSSING_MS = 2000;
const CLOSE_MS = 1000;

export interface Links {
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  peers(): readonly ConnectedPeer[];
  /** The connection to use. */
  best(peerId: string): Connection | undefined;
  /** Milliseconds since the connection to use opened. */
  ageMs(peerId: string): number | undefined;
  disconnect(peerId: string, why: DisconnectReason): Promise<void>;
  /** What closes from now on is our doing. */
  stopping(): void;
  /** Ends everything at once. */
  abortAll(): void;
  duplicates(): number;
}

export interface LinksDeps {
  readonly ownPeerId: string;
  readonly clock: Clock;
  readonly emit: (event: TransportEvent) => void;
  /** A second connection was closed, and this one is left. */
  readonly onSurvivor: (connection: Connection) => void;
}

export function createLinks(deps: LinksDeps): Links {
  const byPeer = new Map<string, Connection[]>();
  // On our own clock: libp2p's time line is wall time, which may be set back.
  const openedAt = new WeakMap<Connection, number>();
  const reasons = new Map<string, DisconnectReason>();
  let duplicates = 0;
  const best = (peerId: string): Connection | undefined =>
    preferred(byPeer.get(peerId) ?? [], deps.ownPeerId < peerId, (connection) => openedAt.get(connection) ?? 0);
  return {
    opened(connection) {
      if (connection.status !== 'open') return;
      const peerId = connection.remotePeer.toString();
      openedAt.set(connection, deps.clock.monotonic());
      const open = [...(byPeer.get(peerId) ?? []), connection];
      byPeer.set(peerId, open);
      if (open.length === 1) return deps.emit({ kind: 'connected', ...rowOf(connection) });
      const keep = best(peerId);
      for (const other of open) {
        if (other === keep) continue;
        duplicates += 1;
        void closeConnection(other);
      }
    },
    closed(connection) {
      const peerId = connection.remotePeer.toString();
      const before = byPeer.get(peerId);
      if (before?.includes(connection) !== true) return;
      const left = before.filter((other) => other !== connection);
      if (left.length > 0) {
        byPeer.set(peerId, left);
        const survivor = best(peerId);
        if (survivor !== undefined) deps.onSurvivor(survivor);
        return;
      }
      byPeer.delete(peerId);
      const why = reasons.get(peerId) ?? 'remote';
      reasons.delete(peerId);
      deps.emit({ kind: 'disconnected', peerId, why });
    },
    peers: () => [...byPeer.keys()].flatMap((peerId) => best(peerId) ?? []).map(rowOf),
    best,
    ageMs(peerId) {
      const connection = best(peerId);
      return connection === undefined ? undefined : deps.clock.monotonic() - (openedAt.get(connection) ?? 0);
    },
    async disconnect(peerId, why) {
      const open = byPeer.get(peerId);
      if (open === undefined) return;
      reasons.set(peerId, why);
      await Promise.all(open.map(closeConnection));
    },
    stopping() {
      for (const peerId of byPeer.keys()) reasons.set(peerId, 'local');
    },
    abortAll() {
      for (const connection of [...byPeer.values()].flat()) connection.abort(new Error('stopped'));
    },
    duplicates: () => duplicates,
  };
}

/** The last to open is the one that the peer knows too; of crossing dials both sides keep the smaller PeerId's. */
function preferred(
  open: readonly Connection[],
  weAreSmaller: boolean,
  openedAt: (connection: Connection) => number,
): Connection | undefined {
  const newest = Math.max(...open.map(openedAt));
  const crossing = open.filter((connection) => newest - openedAt(connection) < CROSSING_MS);
  const direction = weAreSmaller ? 'outbound' : 'inbound';
  return crossing.findLast((connection) => connection.direction === direction) ?? crossing.at(-1);
}

async function closeConnection(connection: Connection): Promise<void> {
  // Closing would end our streams in order, as if all of an answer had been sent.
  const ours = connection.streams.filter((stream) => !isBroadcast(stream));
  for (const stream of ours) stream.abort(new Error('disconnected'));
  try {
    await connection.close({ signal: AbortSignal.timeout(CLOSE_MS) });
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What was published last may still leave. */
const isBroadcast = ({ protocol }: Stream): boolean => protocol.startsWith('/meshsub/');

const rowOf = (connection: Connection): ConnectedPeer => ({
  peerId: connection.remotePeer.toString(),
  address: fromMultiaddr(connection.remoteAddr),
  direction: connection.direction,
});
