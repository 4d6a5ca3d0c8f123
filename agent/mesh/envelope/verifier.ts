/**
 * Signatures, checked once: gossip brings the same envelope several times, and a check costs fifty times what a
 * look-up does.
 */
import { type KeyObject, hash, verify } from 'node:crypto';
import type { ClusterId } from '../identity/cluster-id.ts';
import { publicKeyOf } from '../identity/key-pair.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Envelope, type EnvelopeFault, decodeEnvelope, signedMessage } from './envelope.ts';

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
  /** So many authors' keys are kept ready; 1 KiB each. */
  readonly maxKeys?: number;
}

const MAX_ENVELOPES = 8192;
const MAX_KEYS = 1024;

export function createVerifier(options: VerifierOptions): Verifier {
  const seen = new BoundedMap<string, true>(options.maxEnvelopes ?? MAX_ENVELOPES);
  const keys = new BoundedMap<string, KeyObject>(options.maxKeys ?? MAX_KEYS);
  let checked = 0;
  let known = 0;

  const keyFor = (author: AuthorKey): { readonly key: KeyObject; readonly keep: () => void } => {
    const name = Buffer.from(author).toString('latin1');
    const held = keys.get(name);
    const key = held ?? publicKeyOf(author);
    // Only a key that has signed something takes the place of another.
    return { key, keep: () => held === undefined && keys.set(name, key) };
  };

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
      const { key, keep } = keyFor(author);
      if (!verify(null, signedMessage(type, options.clusterId, payload), key, signature)) {
        return { ok: false, why: 'bad-signature' };
      }
      keep();
      seen.set(digest, true);
      return decoded;
    },
    trust: (bytes) => seen.set(digestOf(bytes), true),
    stats: () => ({ checked, known }),
  };
}

const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'buffer').toString('latin1');
