/** A TCP connection that is opened and closed: whether somebody listens. */
import { connect, type LookupFunction } from 'node:net';
import type { CheckClock, Connect, ConnectResult, FetchFailure } from '../types.ts';
import { classifyError } from './fetch-failure.ts';
import { hostAndPort } from './place.ts';

/** A deadline that fires this late tells of this process, not of the server: it was stopped or had no CPU. */
const LATE_MS = 200;

/**
 * Binds connections to one run: all of them end with `signal`.
 *
 * @param lookup finds the addresses of names; without it Node does
 */
export function createConnect(signal: AbortSignal, clock: CheckClock, lookup?: LookupFunction): Connect {
  return ({ host, port, timeoutMs }) =>
    new Promise((resolve) => {
      const place = hostAndPort(host, port);
      const startedAt = clock.monotonic();
      const elapsedMs = (): number => clock.monotonic() - startedAt;
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const socket = connect({ host, port, ...(lookup !== undefined && { lookup }) });
      const end = (result: ConnectResult): void => {
        deadline.removeEventListener('abort', onAbort);
        socket.destroy();
        resolve(result);
      };
      const fail = (failure: FetchFailure, message: string): void => end({ kind: 'failure', failure, message });
      const onAbort = (): void => {
        const lateMs = Math.round(elapsedMs() - timeoutMs);
        if (signal.aborted) fail('aborted', 'the run ended before there was a connection');
        else if (lateMs > LATE_MS)
          fail('aborted', `this process was held up for ${lateMs} ms, so the time-out says nothing`);
        else fail('timeout', `no connection to ${place} within ${timeoutMs} ms`);
      };
      socket.on('error', (error) => {
        const { failure, message } = classifyError(error);
        // Whoever resets a connection has taken it; who does not want one refuses.
        if (failure === 'reset') end({ kind: 'connected', durationMs: elapsedMs() });
        else fail(failure, `${place}: ${message}`);
      });
      if (deadline.aborted) return onAbort();
      deadline.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => end({ kind: 'connected', durationMs: elapsedMs() }));
    });
}
