/** The keys with which overlay responders and agents know each other: of the same form as a cluster key, and derived from it. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

export interface OverlayKey {
  /** 8 hexadecimal digits; no secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export const MAC_BYTES = 16;

/** A key that is ready for use. */
export interface Signer {
  readonly id: string;
  /** HMAC-SHA256 over `bytes`, cut to {@link MAC_BYTES}. */
  mac(bytes: Uint8Array): Uint8Array;
}

/** The accepted keys, the one to use first; empty while there is none. */
export interface Keyring {
  readonly signers: readonly Signer[];
  find(id: string): Signer | undefined;
  replace(keys: readonly OverlayKey[]): void;
}

export function createKeyring(keys: readonly OverlayKey[] = []): Keyring {
  let signers = keys.map(signerOf);
  return {
    get signers() {
      return signers;
    },
    find: (id) => signers.find((one) => one.id === id),
    replace(next) {
      signers = next.map(signerOf);
    },
  };
}

function signerOf({ id, secret }: OverlayKey): Signer {
  const key = createSecretKey(secret);
  return { id, mac: (bytes) => createHmac('sha256', key).update(bytes).digest().subarray(0, MAC_BYTES) };
}

export const isMac = (expected: Uint8Array, given: Uint8Array): boolean =>
  expected.length === given.length && timingSafeEqual(expected, given);
