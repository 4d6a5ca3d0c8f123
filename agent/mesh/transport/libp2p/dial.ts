/** One dial of one address, and what its failure means. */
import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { formatAddress, parseAddress } from '../address.ts';
import type { DialAttempt, DialOutcome } from '../types.ts';
import { wrongPeerIn } from './admission.ts';
import { toMultiaddr } from './multiaddr.ts';
import { DIAL_MS } from './settings.ts';

export type Dial = (address: Multiaddr, options: { readonly signal: AbortSignal }) => Promise<Connection>;

/** Never rejects. */
export async function dialAddress(
  text: string,
  expectedPeerId: string | undefined,
  dial: Dial,
  signal: AbortSignal,
  ownPeerId: string,
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
