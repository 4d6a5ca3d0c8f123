/** UDP sockets of the overlay, one for each address. */
import { type Socket, createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { AgentError, codeOf } from '../../base/errors.ts';
import { hostAndPort } from '../../../checks/lib/place.ts';

/** Answers go out by the socket on which the question came in. */
export type OnMessage = (message: Uint8Array, from: Place, reply: (bytes: Uint8Array) => void) => void;

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface OverlaySockets {
  /** What cannot be sent is lost, as on the wire. */
  send(bytes: Uint8Array, to: Place): void;
  close(): Promise<void>;
}

/** @throws {AgentError} `unavailable` where one cannot be bound */
export async function openSockets(places: readonly Place[], onMessage: OnMessage): Promise<OverlaySockets> {
  const opened = await Promise.allSettled(places.map(bind));
  const sockets = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => {
    const open = sockets.splice(0);
    await Promise.all(open.map((socket) => new Promise<void>((resolve) => void socket.close(() => resolve()))));
  };
  const failed = opened.findIndex(({ status }) => status === 'rejected');
  if (failed >= 0) {
    await close();
    const { address, port } = places[failed] as Place;
    const why = codeOf((opened[failed] as PromiseRejectedResult).reason) ?? 'it cannot be bound';
    throw new AgentError('unavailable', `cannot listen on ${hostAndPort(address, port)}/udp: ${why}`);
  }
  for (const socket of sockets) {
    makeRoom(socket);
    // What ICMP says of one datagram is no fault of the socket.
    socket.on('error', () => {});
    socket.on('message', (message, { address, port }) => {
      // Nobody can be answered there: it throws.
      if (port === 0) return;
      onMessage(message, { address, port }, (bytes) => socket.send(bytes, port, address, () => {}));
    });
  }
  const isOf6 = (socket: Socket): boolean => isIPv6(socket.address().address);
  return {
    send(bytes, { address, port }) {
      sockets.find((one) => isOf6(one) === isIPv6(address))?.send(bytes, port, address, () => {});
    },
    close,
  };
}

/** All others may ping at once, with jumbo frames. The kernel caps it by net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

function makeRoom(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The default of the kernel does as well.
  }
}

function bind({ address, port }: Place): Promise<Socket> {
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    // Addresses are literals: nothing is ever looked up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
