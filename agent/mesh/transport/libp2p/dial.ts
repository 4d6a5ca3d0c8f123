/** Dials of addresses one after the other, and what the failure of one means. */
import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { formatAddress, parseAddress } from '../address.ts';
import type { DialAttempt, DialOutcome } from '../types.ts';
import { wrongPeerIn } from './admission.ts';
import { toMultiaddr } from './multiaddr.ts';
import { DIAL_MS } from './settings.ts';

export type Dial = (address: Multiaddr, options: { readonly signal: AbortSignal }) => Promise<Connection>;

export interface DialDeps {
  readonly ownPeerId: string;
  readonly dial: Dial;
  readonly isConnected: (peerId: string) => boolean;
}

/** Until one is connected, or the expected peer is by other means. Never rejects. */
export async function dialInTurn(
  addresses: readonly string[],
  expectedPeerId: string | undefined,
  signal: AbortSignal,
  deps: DialDeps,
): Promise<readonly DialAttempt[]> {
  const attempts: DialAttempt[] = [];
  for (const address of addresses) {
    if (expectedPeerId !== undefined && deps.isConnected(expectedPeerId)) break;
    const attempt = await dialAddress(address, expectedPeerId, signal, deps);
    attempts.push(attempt);
    if (attempt.outcome === 'connected' || attempt.outcome === 'aborted') break;
  }
  return attempts;
}

async function dialAddress(
  text: string,
  expectedPeerId: string | undefined,
  signal: AbortSignal,
  { dial, ownPeerId }: DialDeps,
): Promise<DialAttempt> {
  const parsed = parseAddress(text);
  if (parsed === undefined) return { address: text, outcome: 'invalid' };
  const address = formatAddress(parsed);
  if (signal.aborted) return { address, outcome: 'aborted' };
  if (expectedPeerId === ownPeerId) return { address, outcome: 'self', peerId: ownPeerId };
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]);
    const { remotePeer } = await dial(toMultiaddr(parsed, expectedPeerId), { signal: bounded });
    return { address, outcome: 'connected', peerId: remotePeer.toString() };
  } catch (error) {
    if (signal.aborted) return { address, outcome: 'aborted' };
    return { address, ...meaningOf(error, ownPeerId) };
  }
}

const BY_CODE: Readonly<Record<string, DialOutcome>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EINVAL: 'unreachable',
  ETIMEDOUT: 'timeout',
};

function meaningOf(error: unknown, ownPeerId: string): Omit<DialAttempt, 'address'> {
  const detail = messageOf(error);
  const name = error instanceof Error ? error.name : '';
  const actual = wrongPeerIn(detail);
  if (actual === ownPeerId || detail === 'Can not dial self') return { outcome: 'self', peerId: ownPeerId };
  if (actual !== undefined) return { outcome: 'wrong-peer', peerId: actual };
  const outcome = BY_CODE[codeOf(error) ?? ''];
  if (outcome !== undefined) return { outcome, detail };
  if (name === 'TimeoutError' || name === 'AbortError' || /\b(timed out|timeout|aborted)\b/i.test(detail))
    return { outcome: 'timeout', detail };
  // The negotiation of the encrypter ends in this, when the two have no key in common.
  if (/protocol selection failed|unsupported protocol/i.test(detail)) return { outcome: 'not-admitted', detail };
  return { outcome: 'closed', detail };
}
