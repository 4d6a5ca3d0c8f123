/** The sockets on which peers' pings arrive: one for each address the agent listens on. */
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { AgentError, codeOf } from '../../base/errors.ts';

export interface ListenAddress {
  /**
   * An IP literal. `0.0.0.0` and `::` listen everywhere, which only does where peers know this node by the address that
   * its kernel answers from: a prober hears answers from no other address than the one it asked.
   */
  readonly host: string;
  readonly port: number;
}

export interface ProbeSockets {
  /** Where pings arrive; the port is the real one where 0 was asked for. */
  bound(): readonly ListenAddress[];
  /** What could not be bound although another could: a node without IPv6, an address that is gone. */
  readonly missing: readonly (ListenAddress & { readonly code: string })[];
  /**
   * Binds these addresses instead; those that are bound already are left alone.
   *
   * @throws AgentError `unavailable` when one cannot be bound: then all is as before
   */
  rebind(addresses: readonly ListenAddress[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Answers go out by the socket on which the ping came in, so that they come from the address that was asked.
 *
 * @param at the own address at which it arrived
 */
export type OnDatagram = (message: Uint8Array, reply: (bytes: Uint8Array) => void, at: string) => void;

/** Some junk may wait while the event loop is busy, without pushing pings out. The kernel caps it by net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** @throws AgentError `unavailable` when not a single address can be bound, or when one is taken. */
export async function openProbeSockets(
  addresses: readonly ListenAddress[],
  { onDatagram, onSendFailure }: { onDatagram: OnDatagram; onSendFailure: (code: string | undefined) => void },
): Promise<ProbeSockets> {
  const opened = await Promise.all(addresses.map(tryBind));
  const missing = opened.flatMap(({ address, code }) => (code === undefined ? [] : [{ ...address, code }]));
  const taken = missing.find(({ code }) => code === 'EADDRINUSE');
  const fatal = taken ?? (missing.length === opened.length ? missing[0] : undefined);
  if (fatal !== undefined) {
    await closeAll(socketsOf(opened));
    throw new AgentError('unavailable', describeFailure(fatal));
  }
  const sockets = new Map<string, Socket>();
  const take = (all: readonly Opened[]): void => {
    for (const { address, socket } of all) {
      if (socket === undefined) continue;
      serve(socket, onDatagram, onSendFailure);
      sockets.set(keyOf(address), socket);
    }
  };
  take(opened);
  return {
    bound: () =>
      [...sockets.values()].map((socket) => ({ host: socket.address().address, port: socket.address().port })),
    missing,
    async rebind(next) {
      const fresh = await Promise.all(next.filter((address) => !sockets.has(keyOf(address))).map(tryBind));
      const [failed] = fresh.flatMap(({ address, code }) => (code === undefined ? [] : [{ ...address, code }]));
      if (failed !== undefined) {
        await closeAll(socketsOf(fresh));
        throw new AgentError('unavailable', describeFailure(failed));
      }
      const wanted = new Set(next.map(keyOf));
      const gone = [...sockets].filter(([key]) => !wanted.has(key));
      for (const [key] of gone) sockets.delete(key);
      take(fresh);
      await closeAll(gone.map(([, socket]) => socket));
    },
    close: () => closeAll([...sockets.values()]),
  };
}

interface Opened {
  readonly address: ListenAddress;
  readonly socket?: Socket;
  /** Why there is none. */
  readonly code?: string;
}

const keyOf = ({ host, port }: ListenAddress): string => `${host} ${port}`;

const socketsOf = (opened: readonly Opened[]): Socket[] => opened.flatMap(({ socket }) => socket ?? []);

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => void socket.close(() => resolve()))));
}

const describeFailure = ({ host, port, code }: ListenAddress & { code: string }): string =>
  `Cannot listen for probes on ${host} port ${port}/udp: ${code}. ` +
  (code === 'EADDRINUSE'
    ? 'Another process has the port: stop it or configure another port on every node.'
    : 'Configure an address that this node has.');

function tryBind(address: ListenAddress): Promise<Opened> {
  const family = isIPv6(address.host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    // Sources are literals: nothing is ever looked up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  return new Promise((resolve) => {
    socket.once('error', (error) => {
      socket.close();
      resolve({ address, code: codeOf(error) ?? 'EUNKNOWN' });
    });
    socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve({ address, socket });
    });
  });
}

function serve(socket: Socket, onDatagram: OnDatagram, onSendFailure: (code: string | undefined) => void): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The default of the kernel does as well.
  }
  const { address: host } = socket.address();
  socket.on('error', (error) => onSendFailure(codeOf(error)));
  socket.on('message', (message, { address, port }) => {
    // Nobody can be answered there: it throws.
    if (port === 0) return;
    const reply = (bytes: Uint8Array): void =>
      socket.send(bytes, port, address, (error) => error !== null && onSendFailure(codeOf(error)));
    onDatagram(message, reply, host);
  });
}
