/**
 * Bounds how many connections strangers can hold. Clients on the node itself have places of their own, so that
 * `meerkat health` and the node's probes get through while somebody holds all the others.
 */
import type { Server, Socket } from 'node:net';
import { clientOf, isLoopback } from './addresses.ts';

export interface ConnectionLimits {
  /** From other machines, all together. */
  readonly total: number;
  /** From one other client. */
  readonly perClient: number;
  readonly loopback: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { total: 192, perClient: 64, loopback: 64 };

/** Closes connections beyond the limits as they come in. */
export function limitConnections(server: Server, limits: ConnectionLimits = CONNECTION_LIMITS): void {
  const counts = new Map<string, number>();
  let total = 0;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    // The peer is gone already.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const local = isLoopback(address);
    const client = local ? 'loopback' : clientOf(address);
    const count = counts.get(client) ?? 0;
    const full = local ? count >= limits.loopback : count >= limits.perClient || total >= limits.total;
    if (full) {
      socket.destroy();
      return;
    }
    counts.set(client, count + 1);
    if (!local) total += 1;
    socket.once('close', () => {
      if (!local) total -= 1;
      const left = (counts.get(client) ?? 1) - 1;
      if (left > 0) counts.set(client, left);
      else counts.delete(client);
    });
  });
}
