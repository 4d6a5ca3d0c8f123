/**
 * One connected UDP socket for each address that is probed: the kernel then reports refusals of exactly that peer, and
 * junk from others can neither fill its buffer nor reach it. It costs no more CPU than one socket for all.
 */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { codeOf } from '../../base/errors.ts';
import type { ProbeAddress } from './observation.ts';

export interface Channel {
  /** What fails is reported to `failed`, at once or later. */
  send(bytes: Uint8Array): void;
  /** By which the peer is reached; undefined before it is known. */
  localAddress?(): string | undefined;
  close(): void;
}

export interface ChannelEvents {
  readonly message: (bytes: Uint8Array) => void;
  /** The oldest unanswered datagram, or the one that is being sent, failed. */
  readonly failed: (code: string | undefined) => void;
}

export type OpenChannel = (address: ProbeAddress, events: ChannelEvents) => Channel;

/** Own addresses to send from, where the agent listens on particular ones. */
export interface LocalAddresses {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** A datagram or two may wait while the socket connects, which takes one turn of the event loop. */
const MAX_WAITING = 4;

/** @param local asked for each channel: an agent's addresses may change */
export function createChannelOpener(local: () => LocalAddresses): OpenChannel {
  return (address, events) => openChannel(address, events, isIPv6(address.host) ? local().ipv6 : local().ipv4);
}

function openChannel(address: ProbeAddress, events: ChannelEvents, localAddress: string | undefined): Channel {
  const family = isIPv6(address.host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses are literals: nothing is ever looked up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  let state: 'connecting' | 'connected' | 'closed' = 'connecting';
  let failure: string | undefined;
  const waiting: Uint8Array[] = [];
  const report = (error: unknown): void => {
    if (state !== 'closed') events.failed(codeOf(error));
  };
  const send = (bytes: Uint8Array): void => socket.send(bytes, (error) => error !== null && report(error));
  const connect = (): void =>
    socket.connect(address.port, address.host, (error?: Error) => {
      if (state === 'closed') return;
      if (error !== undefined && error !== null) return fail(error);
      state = 'connected';
      for (const bytes of waiting.splice(0)) send(bytes);
    });
  const fail = (error: unknown): void => {
    failure = codeOf(error) ?? 'EUNKNOWN';
    if (waiting.splice(0).length > 0) report(error);
  };
  socket.on('message', (bytes) => state !== 'closed' && events.message(bytes));
  socket.on('error', (error) => (state === 'connecting' ? fail(error) : report(error)));
  if (localAddress === undefined) connect();
  else socket.bind({ address: localAddress, port: 0, exclusive: true }, connect);
  return {
    send(bytes) {
      if (failure !== undefined) events.failed(failure);
      else if (state === 'connected') send(bytes);
      else if (waiting.length < MAX_WAITING) waiting.push(bytes);
    },
    localAddress: () => (state === 'connected' ? socket.address().address : undefined),
    close() {
      if (state === 'closed') return;
      state = 'closed';
      socket.close();
    },
  };
}
