/**
 * Writes of one turn of the event loop leave together. Noise writes the length of each message by itself, and yamux
 * answers one frame with several small ones: without this an exchange of a few hundred bytes is two dozen segments, and
 * each of them wakes the peer.
 */
import { Socket } from 'node:net';
// No clock: how long a turn of the event loop takes is no time that a test could own.
import { setImmediate } from 'node:timers';

/** What libp2p's connections over TCP have and their interface does not name. */
interface WithSocket {
  readonly socket?: unknown;
}

/** From now on. Does nothing to a connection without a socket. */
export function corkWrites(connection: object): void {
  const { socket } = connection as WithSocket;
  if (!(socket instanceof Socket)) return;
  const write = socket.write.bind(socket) as (...parts: unknown[]) => boolean;
  let isCorked = false;
  // Not the next tick: what promises write in the same turn comes after that.
  const flush = (): void => {
    isCorked = false;
    socket.uncork();
  };
  socket.write = (...parts: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(flush);
    }
    return write(...parts);
  };
}
