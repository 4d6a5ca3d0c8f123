/**
 * What one member signs all others check, and in one process they all come to the same answer: it is computed for the
 * first who asks, and remembered by everything that it follows from.
 */
import { type CheckSignature, createSignatureCheck } from '../../../agent/mesh/envelope/signature.ts';
import { type ProbeKey, deriveProbeKey } from '../../../agent/mesh/probes/keys.ts';

/** More than are under way in a large cluster: what is asked for after that is computed again. */
const MAX_SIGNATURES = 4096;
const MAX_MACS = 1024;

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** Forgets everything when there is too much. */
function remember<Value>(memory: Map<string, Value>, most: number, asked: string, value: Value): Value {
  if (memory.size >= most) memory.clear();
  memory.set(asked, value);
  return value;
}

const check = createSignatureCheck();
const checked = new Map<string, boolean>();

export const checkOnce: CheckSignature = (author, message, signature) => {
  // The first two are always of the same length.
  const asked = text(author) + text(signature) + text(message);
  return checked.get(asked) ?? remember(checked, MAX_SIGNATURES, asked, check(author, message, signature));
};

const keys = new Map<string, ProbeKey>();

/** As `deriveProbeKey`, for all agents of all clusters. */
export function deriveOnce(clusterKey: Uint8Array): ProbeKey {
  const name = text(clusterKey);
  const known = keys.get(name);
  if (known !== undefined) return known;
  const derived = deriveProbeKey(clusterKey);
  const macs = new Map<string, Uint8Array>();
  const key: ProbeKey = {
    id: derived.id,
    mac(bytes) {
      const message = text(bytes);
      return macs.get(message) ?? remember(macs, MAX_MACS, message, derived.mac(bytes));
    },
  };
  keys.set(name, key);
  return key;
}
