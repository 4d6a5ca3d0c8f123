/** Ed25519 signatures of authors. */
import { type KeyObject, verify } from 'node:crypto';
import { publicKeyOf } from '../identity/key-pair.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import { BoundedMap } from './bounded-map.ts';

/** Whether the author has signed this message. */
export type CheckSignature = (author: AuthorKey, message: Uint8Array, signature: Uint8Array) => boolean;

const MAX_KEYS = 1024;

/** @param maxKeys so many authors' keys are kept ready; 1 KiB each */
export function createSignatureCheck(maxKeys = MAX_KEYS): CheckSignature {
  const keys = new BoundedMap<string, KeyObject>(maxKeys);
  return (author, message, signature) => {
    const name = Buffer.from(author).toString('latin1');
    const held = keys.get(name);
    const key = held ?? publicKeyOf(author);
    const isSigned = verify(null, message, key, signature);
    // Only a key that has signed something takes the place of another.
    if (isSigned && held === undefined) keys.set(name, key);
    return isSigned;
  };
}
