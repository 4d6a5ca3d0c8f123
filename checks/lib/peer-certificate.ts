/** The certificate that a server shows, by a TLS handshake on a connection of its own. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { FetchFailure, PeerCertificate, PeerCertificateResult } from '../types.ts';
import { classifyError } from './fetch-failure.ts';
import { hostAndPort } from './place.ts';

/** Binds handshakes to one run: all of them end with `signal`. */
export function createPeerCertificate(signal: AbortSignal): PeerCertificate {
  return ({ host, port, timeoutMs }) =>
    new Promise((resolve) => {
      const place = hostAndPort(host, port);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      // Who it is is not the question: one that has expired is to be seen as well.
      const socket = connect({ host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) });
      const end = (result: PeerCertificateResult): void => {
        deadline.removeEventListener('abort', onAbort);
        socket.destroy();
        resolve(result);
      };
      const fail = (failure: FetchFailure, message: string): void => end({ kind: 'failure', failure, message });
      const onAbort = (): void =>
        fail(signal.aborted ? 'aborted' : 'timeout', `no TLS handshake with ${place} within ${timeoutMs} ms`);
      if (deadline.aborted) return onAbort();
      deadline.addEventListener('abort', onAbort, { once: true });
      const take = (): boolean => {
        const certificate = socket.getPeerX509Certificate();
        if (certificate !== undefined) end({ kind: 'certificate', pem: certificate.toString() });
        return certificate !== undefined;
      };
      socket.once('secureConnect', () => {
        if (!take()) fail('tls', `${place} shows no certificate`);
      });
      socket.on('error', (error) => {
        // A server that wants one of ours has shown its own before it says so.
        if (take()) return;
        const { failure, message } = classifyError(error);
        fail(failure, `${place}: ${message}`);
      });
      socket.once('close', () => fail('reset', `${place} closed the connection during the handshake`));
    });
}
