/** What an error of a connection means to somebody who asks whether the other side lives. */
import type { FetchFailure } from '../types.ts';

/** errno(3) names. EAGAIN is what connecting to a unix socket with a full backlog gives: nobody accepts. */
const BY_CODE: Readonly<Record<string, FetchFailure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  EAGAIN: 'timeout',
  ENOENT: 'unreachable',
  ENOTDIR: 'unreachable',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EPROTO: 'tls',
};

/**
 * Node's and OpenSSL's names: ERR_SSL_* and ERR_TLS_* during the handshake, ERR_OSSL_* for a key or certificate of ours
 * that cannot be used, the rest for a server's certificate that cannot be verified.
 */
const TLS =
  /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Names the failure and gives its message in one line. */
export function classifyError(error: unknown): { readonly failure: FetchFailure; readonly message: string } {
  const code = codeOf(error);
  return { failure: BY_CODE[code] ?? (TLS.test(code) ? 'tls' : 'other'), message: messageOf(error, code) };
}

/** Node gives the errors of all addresses of a name as an AggregateError with the code of the first. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** OpenSSL's messages are `hex:error:hex:library:function:reason:file:line:details`: the reason is what helps. */
function messageOf(error: unknown, code: string): string {
  const text = error instanceof Error && error.message !== '' ? error.message : code || String(error);
  const reason = /:error:[0-9A-F]*:[^:]*:[^:]*:([^:]+):/i.exec(text)?.[1];
  return (reason ?? text).replaceAll(/\s+/g, ' ').trim();
}
