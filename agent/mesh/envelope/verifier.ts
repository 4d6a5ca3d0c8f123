/**
 * Signatures, checked once: gossip brings the same envelope several times, and a check costs fifty times what a
 * look-up does.
 */
import { hash } from 'node:crypto';
import type { ClusterId } from '../identity/cluster-id.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Envelope, type EnvelopeFault, decodeEnvelope, signedMessage } from './envelope.ts';
import { type CheckSignature, createSignatureCheck } from './signature.ts';

/**
 * Why an envelope is refused for good. An envelope of another cluster has a signature over another id: it cannot be
 * told from a forged one.
 */
export type RejectReason = EnvelopeFault | 'bad-signature';

export type Verified =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly why: RejectReason };

export interface VerifierStats {
  /** Signatures that were computed. */
  readonly checked: number;
  /** Envelopes that were known from before. */
  readonly known: number;
}

export interface Verifier {
  /** Never throws. The envelope's parts are views into `bytes`. */
  verify(bytes: Uint8Array): Verified;
  /** Puts an envelope that was just signed here among the verified ones. */
  trust(bytes: Uint8Array): void;
  stats(): VerifierStats;
}

export interface VerifierOptions {
  readonly clusterId: ClusterId;
  /** So many verified envelopes are remembered; 200 bytes each. */
  readonly maxEnvelopes?: number;
  readonly checkSignature?: CheckSignature | undefined;
}

const MAX_ENVELOPES = 8192;

export function createVerifier(options: VerifierOptions): Verifier {
  const seen = new BoundedMap<string, true>(options.maxEnvelopes ?? MAX_ENVELOPES);
  const isSigned = options.checkSignature ?? createSignatureCheck();
  let checked = 0;
  let known = 0;

  return {
    verify(bytes) {
      const decoded = decodeEnvelope(bytes);
      if (!decoded.ok) return decoded;
      const digest = digestOf(bytes);
      if (seen.get(digest) === true) {
        known += 1;
        return decoded;
      }
      checked += 1;
      const { type, author, signature, payload } = decoded.envelope;
      if (!isSigned(author, signedMessage(type, options.clusterId, payload), signature)) {
        return { ok: false, why: 'bad-signature' };
      }
      seen.set(digest, true);
      return decoded;
    },
    trust: (bytes) => seen.set(digestOf(bytes), true),
    stats: () => ({ checked, known }),
  };
}

const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64');
