/**
 * The open connections, by peer. libp2p keeps two where two peers dial each other at the same time; closing the one that
 * carries the broadcast streams would leave both deaf, so the second one is closed here, and who keeps the other is told.
 */
import type { Connection, Stream } from '@libp2p/interface';
import type { Clock } from '../../../base/clock.ts';
import type { ConnectedPeer, DisconnectReason, TransportEvent } from '../types.ts';
import { fromMultiaddr } from './multiaddr.ts';

export interface Links {
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  peers(): readonly ConnectedPeer[];
  /** The connection to use with each peer. */
  connections(): readonly Connection[];
  best(peerId: string): Connection | undefined;
  /** Milliseconds since the connection to use opened. */
  ageMs(peerId: string): number | undefined;
  disconnect(peerId: string, why: DisconnectReason): Promise<void>;
  /** What closes from now on is our doing. */
  stopping(): void;
  /** Ends everything at once. */
  abortAll(): void;
  /** Second connections that were closed. */
  duplicates(): number;
}

export interface LinksDeps {
  readonly ownPeerId: string;
  readonly clock: Clock;
  readonly emit: (event: TransportEvent) => void;
  /** A second connection was closed, and this one is left. */
  readonly onSurvivor: (connection: Connection) => void;
}

/** Connections that opened within this time of each other are taken for crossing dials. */
const CROSSING_MS = 2000;
const CLOSE_MS = 1000;

export const createLinks = (deps: LinksDeps): Links => new ConnectionLinks(deps);

class ConnectionLinks implements Links {
  readonly #deps: LinksDeps;
  readonly #byPeer = new Map<string, readonly Connection[]>();
  /** On our own clock: libp2p's time line is wall time, which may be set back. */
  readonly #openedAt = new WeakMap<Connection, number>();
  readonly #reasons = new Map<string, DisconnectReason>();
  #duplicates = 0;

  constructor(deps: LinksDeps) {
    this.#deps = deps;
  }

  opened(connection: Connection): void {
    if (connection.status !== 'open') return;
    const peerId = connection.remotePeer.toString();
    this.#openedAt.set(connection, this.#deps.clock.monotonic());
    const open = [...(this.#byPeer.get(peerId) ?? []), connection];
    this.#byPeer.set(peerId, open);
    if (open.length === 1) return this.#deps.emit({ kind: 'connected', ...rowOf(connection) });
    const keep = this.best(peerId);
    for (const other of open) {
      if (other === keep) continue;
      this.#duplicates += 1;
      void closeConnection(other);
    }
  }

  closed(connection: Connection): void {
    const peerId = connection.remotePeer.toString();
    const before = this.#byPeer.get(peerId);
    if (before?.includes(connection) !== true) return;
    const left = before.filter((other) => other !== connection);
    if (left.length > 0) {
      this.#byPeer.set(peerId, left);
      const survivor = this.best(peerId);
      if (survivor !== undefined) this.#deps.onSurvivor(survivor);
      return;
    }
    this.#byPeer.delete(peerId);
    const why = this.#reasons.get(peerId) ?? 'remote';
    this.#reasons.delete(peerId);
    this.#deps.emit({ kind: 'disconnected', peerId, why });
  }

  peers(): readonly ConnectedPeer[] {
    return this.connections().map(rowOf);
  }

  connections(): readonly Connection[] {
    return [...this.#byPeer.keys()].flatMap((peerId) => this.best(peerId) ?? []);
  }

  /** The last to open is the one that the peer knows too; of crossing dials both sides keep the smaller PeerId's. */
  best(peerId: string): Connection | undefined {
    const open = this.#byPeer.get(peerId) ?? [];
    const openedAt = (connection: Connection): number => this.#openedAt.get(connection) ?? 0;
    const newest = Math.max(...open.map(openedAt));
    const crossing = open.filter((connection) => newest - openedAt(connection) < CROSSING_MS);
    const direction = this.#deps.ownPeerId < peerId ? 'outbound' : 'inbound';
    return crossing.findLast((connection) => connection.direction === direction) ?? crossing.at(-1);
  }

  ageMs(peerId: string): number | undefined {
    const connection = this.best(peerId);
    return connection === undefined ? undefined : this.#deps.clock.monotonic() - (this.#openedAt.get(connection) ?? 0);
  }

  async disconnect(peerId: string, why: DisconnectReason): Promise<void> {
    const open = this.#byPeer.get(peerId);
    if (open === undefined) return;
    this.#reasons.set(peerId, why);
    await Promise.all(open.map(closeConnection));
  }

  stopping(): void {
    for (const peerId of this.#byPeer.keys()) this.#reasons.set(peerId, 'local');
  }

  abortAll(): void {
    for (const connection of [...this.#byPeer.values()].flat()) connection.abort(new Error('stopped'));
  }

  duplicates(): number {
    return this.#duplicates;
  }
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
