/** The keys of the probes: derived from the cluster key, so that the cluster key itself signs nothing on the wire. */
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';

export const KEY_ID_BYTES = 4;
export const MAC_BYTES = 16;

export interface ProbeKey {
  /** The first 4 bytes of HMAC-SHA256(cluster key, `meerkat/kid/1`): says which key made a datagram, not what it is. */
  readonly id: Uint8Array;
  /** HMAC-SHA256 over `bytes`, cut to 16 bytes. */
  mac(bytes: Uint8Array): Uint8Array;
}

/** 32 bytes each; one, or two while they are rotated: the new one first. */
export type ClusterKeyBytes = readonly [Uint8Array, ...Uint8Array[]];

export interface Keyring {
  /** The accepted keys; pings are signed with the first until a peer shows that it only knows another. */
  readonly keys: readonly [ProbeKey, ...ProbeKey[]];
  /** The accepted key with this id of 4 bytes, if there is one. */
  find(id: Uint8Array): ProbeKey | undefined;
  /** From now on these are accepted, and no other; the first is the one to use. */
  replace(clusterKeys: ClusterKeyBytes): void;
}

/** One key from the 32 bytes of a cluster key: HKDF-SHA256 (RFC 5869) with an empty salt. */
export function deriveProbeKey(clusterKey: Uint8Array): ProbeKey {
  if (clusterKey.byteLength !== 32) throw new RangeError('a cluster key has 32 bytes');
  const derived = hkdfSync('sha256', clusterKey, new Uint8Array(0), 'meerkat/probe/1', 32);
  // A key object: four times cheaper per datagram than the same bytes.
  const secret = createSecretKey(new Uint8Array(derived));
  return {
    id: createHmac('sha256', clusterKey).update('meerkat/kid/1').digest().subarray(0, KEY_ID_BYTES),
    mac: (bytes) => createHmac('sha256', secret).update(bytes).digest().subarray(0, MAC_BYTES),
  };
}

/** Every cluster key is accepted (two while rotating); the first is the one to use. */
export function createKeyring(clusterKeys: ClusterKeyBytes, derive = deriveProbeKey): Keyring {
  const deriveAll = ([first, ...others]: ClusterKeyBytes): Keyring['keys'] => [derive(first), ...others.map(derive)];
  let keys = deriveAll(clusterKeys);
  return {
    get keys() {
      return keys;
    },
    find: (id) => keys.find((key) => timingSafeEqual(key.id, id)),
    replace(next) {
      keys = deriveAll(next);
    },
  };
}
