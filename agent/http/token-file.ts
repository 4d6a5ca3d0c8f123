/** The bearer token, read again when its file changed. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type SecretFileDeps, createSecretFile } from './secret-file.ts';

export interface TokenFile {
  /** True when `token` is what the file holds, compared in constant time. False while there is no token. */
  matches(token: string): Promise<boolean>;
}

const UNUSABLE = 'the token file cannot be used: every request that needs it is refused';

export function createTokenFile(path: string, deps: SecretFileDeps): TokenFile {
  const file = createSecretFile(path, UNUSABLE, deps);
  return {
    async matches(token) {
      const held = await file.read();
      // Digests have one length, so that the comparison tells nothing about the token's.
      return held !== undefined && timingSafeEqual(digestOf(held), digestOf(token));
    },
  };
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
