/** Agents that sign, for tests and measurements of the mesh. */
import { type KeyPair, keyPairFromSeed } from '../identity/key-pair.ts';
import { signEnvelope } from './envelope.ts';

export const TEST_CLUSTER = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

/** The same key for the same number, from 0 to 2^32 - 1. */
export function testKeys(number: number): KeyPair {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(28, number);
  return keyPairFromSeed(seed);
}

/** An envelope with this payload, as JSON. */
export const testEnvelope = (keys: KeyPair, type: string, payload: unknown, cluster = TEST_CLUSTER): Uint8Array =>
  signEnvelope(type, Buffer.from(JSON.stringify(payload)), keys, cluster);
