/**
 * Refuses inbound connections before they cost much: too many unfinished ones of one host, and the second of two
 * connections that a pair opens at the same time, which is the one that the greater PeerId dials. It is also where every
 * connection passes once its peer is known.
 */
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface';
import type { Clock } from '../../../base/clock.ts';
import { corkWrites } from './cork.ts';
import type { TrafficMeter } from './conduct.ts';
import { DIAL_MS } from './settings.ts';

/** Handshakes that one host may have unfinished. A restart of everything behind one address stays far below. */
const PENDING_PER_HOST = 32;
/** So long after we connected a dial of the peer can still be from before it knew. */
const CROSSING_MS = 1000;

export interface GateDeps {
  readonly clock: Clock;
  /** Milliseconds since we last opened a connection to the peer that is still open. */
  readonly connectedFor: (peerId: string) => number | undefined;
  /** Peers that misbehave. */
  readonly isRefused: (peerId: string) => boolean;
  readonly traffic: Pick<TrafficMeter, 'add'>;
}

export function createGate(ownPeerId: string, deps: GateDeps): ConnectionGater {
  const pending = createPending();
  /** When a dial of ours reached the peer's host; the handshake is under way. */
  const dialling = new Map<string, number>();
  return {
    denyInboundConnection: (connection) => !pending.enter(connection),
    denyDialPeer: (peer) => deps.isRefused(peer.toString()),
    denyOutboundConnection(peer, connection) {
      const peerId = peer.toString();
      const since = deps.clock.monotonic();
      dialling.set(peerId, since);
      const forget = (): void => {
        cancel();
        if (dialling.get(peerId) === since) dialling.delete(peerId);
      };
      const cancel = deps.clock.after(DIAL_MS, forget);
      connection.addEventListener('close', forget);
      return false;
    },
    denyInboundEncryptedConnection(peer, connection) {
      pending.leave(connection);
      corkWrites(connection);
      const peerId = peer.toString();
      if (deps.isRefused(peerId)) return true;
      deps.traffic.add(peerId, connection);
      if (ownPeerId > peerId) return false;
      return dialling.has(peerId) || (deps.connectedFor(peerId) ?? CROSSING_MS) < CROSSING_MS;
    },
    denyOutboundEncryptedConnection(peer, connection) {
      corkWrites(connection);
      const peerId = peer.toString();
      deps.traffic.add(peerId, connection);
      return deps.isRefused(peerId);
    },
  };
}

/** Counts unfinished handshakes by host. */
function createPending(): {
  enter(connection: MultiaddrConnection): boolean;
  leave(connection: MultiaddrConnection): void;
} {
  const byHost = new Map<string, number>();
  const entered = new WeakMap<MultiaddrConnection, string>();
  const leave = (connection: MultiaddrConnection): void => {
    const host = entered.get(connection);
    if (host === undefined) return;
    entered.delete(connection);
    const left = (byHost.get(host) ?? 1) - 1;
    if (left > 0) byHost.set(host, left);
    else byHost.delete(host);
  };
  return {
    leave,
    enter(connection) {
      const host = connection.remoteAddr.getComponents()[0]?.value ?? '';
      const count = byHost.get(host) ?? 0;
      if (count >= PENDING_PER_HOST) return false;
      byHost.set(host, count + 1);
      entered.set(connection, host);
      connection.addEventListener('close', () => leave(connection));
      return true;
    },
  };
}
