/** What three reads at etcd's client port say about the port itself. */
import type { FetchResult } from '../../types.ts';
import { isRangeServed, parseGatewayError, parseStatus } from './answers.ts';

/** Asked at the same moment, each on a connection of its own. */
export interface ClientReads {
  readonly url: string;
  /** The member's own status, from its memory. */
  readonly status: FetchResult;
  /** A range that the member serves from its own data. */
  readonly serializable: FetchResult;
  /** A range that needs the majority of the members. */
  readonly linearizable: FetchResult;
}

/**
 * `usable`: an etcd that we may read. `denied`: it wants a certificate or a user. `silent`: accepts and does not
 * answer. `nobody`: nobody listens. `foreign`: what answers does not look like etcd, or its gateway is off. `broken`:
 * it fails at every request. `unsure`: the failure is on our side.
 */
export type Access = 'usable' | 'denied' | 'silent' | 'nobody' | 'foreign' | 'broken' | 'unsure';

/** @param hasCertificate whether a client certificate was shown */
export function accessOf(reads: Omit<ClientReads, 'linearizable'>, hasCertificate: boolean): Access {
  const { status, serializable } = reads;
  const isTls = reads.url.startsWith('https:');
  if ([serializable, status].some((result) => isDenied(result, isTls, hasCertificate))) return 'denied';
  if (parseStatus(status) !== undefined || isRangeServed(serializable)) return 'usable';
  if (status.kind === 'response') {
    return status.status >= 500 && parseGatewayError(status) !== undefined ? 'broken' : 'foreign';
  }
  switch (status.failure) {
    case 'timeout':
      return 'silent';
    case 'refused':
      return 'nobody';
    case 'reset':
      return 'broken';
    default:
      return 'unsure';
  }
}

/**
 * In TLS 1.3 a server refuses a client after the client's handshake is done: when it closes at once, its alert may be
 * lost and the connection looks reset. With authentication on, etcd's gateway knows no user.
 */
function isDenied(result: FetchResult, isTls: boolean, hasCertificate: boolean): boolean {
  if (result.kind === 'failure') {
    return result.failure === 'tls' || (result.failure === 'reset' && isTls && !hasCertificate);
  }
  if (result.status === 401 || result.status === 403) return true;
  return /user name is empty|permission denied|invalid auth/i.test(parseGatewayError(result) ?? '');
}
