/**
 * The second look at a peer that does not answer probes: is its host there, its agent, both? Speaks the first line of
 * multistream-select (https://github.com/multiformats/multistream-select), because a libp2p listener waits for the
 * dialler and then repeats the header.
 */
import { connect } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import { startDeadline } from './deadline.ts';
import { blameFor } from './error-codes.ts';

/**
 * - `answered`: spoke the protocol; an agent is alive there
 * - `refused`: the host answered twice, 200 ms apart, that nobody listens
 * - `unresponsive`: the kernel accepted, and nothing was said for 1 s
 * - `foreign`: accepted and hung up, or said something else; somebody lives there, maybe an agent that sheds load
 * - `unreachable`: a router or the neighbour table says so; `timed-out`: silence for 1.2 s
 * - `own-fault`: nothing left this node
 */
export type TcpLookResult =
  | 'answered'
  | 'refused'
  | 'unresponsive'
  | 'foreign'
  | 'unreachable'
  | 'timed-out'
  | 'own-fault';

export interface TcpLook {
  readonly result: TcpLookResult;
  /** How long the look took, in ms. */
  readonly tookMs: number;
  /** The system's error code, where there was one. */
  readonly code?: string;
}

export interface TcpAddress {
  /** An IP literal: a look never asks DNS. */
  readonly host: string;
  readonly port: number;
  /** The own address to look from. */
  readonly localAddress?: string;
}

export const CONNECT_TIMEOUT_MS = 1200;
export const SILENCE_MS = 1000;
export const SECOND_TRY_MS = 200;

const HEADER = Buffer.from('\u0013/multistream/1.0.0\n', 'latin1');

type Attempt = Omit<TcpLook, 'tookMs'>;

/** Looks once or twice, for at most 4.6 s on a process that gets its CPU. Rejects with the signal's reason when aborted. */
export async function lookByTcp(
  address: TcpAddress,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<TcpLook> {
  const startedAt = clock.monotonic();
  let attempt = await tryOnce(address, clock, signal);
  // One refusal may be an agent between two lives, one hang-up a connection that its death cut off in the backlog.
  if (attempt.result === 'refused' || attempt.result === 'foreign') {
    await clock.sleep(SECOND_TRY_MS, signal);
    attempt = await tryOnce(address, clock, signal);
  }
  return { ...attempt, tookMs: clock.monotonic() - startedAt };
}

function tryOnce(address: TcpAddress, clock: Clock, signal: AbortSignal): Promise<Attempt> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let isConnected = false;
    let received = Buffer.alloc(0);
    const socket = connect({ noDelay: true, ...address });
    const end = (): void => {
      cancelDeadline();
      signal.removeEventListener('abort', onAbort);
      // A reset instead of an orderly end: a look leaves no TIME_WAIT behind, and with a frozen peer no half-open socket.
      if (isConnected) socket.resetAndDestroy();
      else socket.destroy();
    };
    const finish = (result: TcpLookResult, code?: string): void => {
      end();
      resolve({ result, ...(code !== undefined && { code }) });
    };
    const onAbort = (): void => {
      end();
      reject(signal.reason);
    };
    let cancelDeadline = startDeadline(clock, CONNECT_TIMEOUT_MS, () => finish('timed-out'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      isConnected = true;
      cancelDeadline();
      cancelDeadline = startDeadline(clock, SILENCE_MS, () => finish('unresponsive'));
      socket.write(HEADER);
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk.subarray(0, HEADER.byteLength)]);
      const common = received.subarray(0, HEADER.byteLength);
      if (!common.equals(HEADER.subarray(0, common.byteLength))) finish('foreign');
      else if (common.byteLength === HEADER.byteLength) finish('answered');
    });
    socket.once('end', () => finish('foreign'));
    socket.on('error', (error) => {
      const code = codeOf(error);
      // A reset may be there before the news that the connection was made.
      const wasConnected = isConnected || code === 'ECONNRESET' || code === 'EPIPE';
      finish(wasConnected ? 'foreign' : blameFor(code), code);
    });
  });
}
