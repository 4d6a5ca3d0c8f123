/**
 * The identity file: who this agent is and how often it has started. It is a file of its own and not a row of the
 * database, so that a lost database costs no identity.
 */
import { parseClusterId } from './cluster-id.ts';
import { SEED_BYTES } from './key-pair.ts';

export const IDENTITY_FILE = 'identity.json';

/** Boots fit into 32 bits; the last one is never used, so that there is always a next one to compare with. */
export const MAX_BOOT = 0xffff_fffe;

export interface StoredIdentity {
  /** UUID. Undefined until the cluster is known. */
  readonly clusterId?: string;
  /** The machine's own id, or a made one that begins with `random-`. */
  readonly machineId: string;
  readonly nodeName: string;
  /** The Ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** The highest boot that may have been used; 0 before the first. */
  readonly boot: number;
}

export const formatIdentity = ({ clusterId, machineId, nodeName, seed, boot }: StoredIdentity): string =>
  `${JSON.stringify(
    { version: 1, clusterId, machineId, nodeName, privateKey: Buffer.from(seed).toString('base64'), boot },
    undefined,
    2,
  )}\n`;

/** @throws {Error} whose message says what is wrong with the file, never what is in it */
export function parseIdentity(text: string): StoredIdentity {
  const fields = fieldsOf(text);
  const { version, clusterId, machineId, nodeName, privateKey, boot } = fields;
  if (version !== 1) throw new Error(`version ${typeof version === 'number' ? version : '?'} is not known here`);
  const seed = typeof privateKey === 'string' ? Buffer.from(privateKey, 'base64') : undefined;
  if (seed?.length !== SEED_BYTES || seed.toString('base64') !== privateKey) throw new Error('it holds no private key');
  if (typeof machineId !== 'string' || machineId === '') throw new Error('it names no machine');
  if (typeof nodeName !== 'string' || nodeName === '') throw new Error('it names no node');
  if (typeof boot !== 'number' || !Number.isInteger(boot) || boot < 0 || boot > MAX_BOOT) {
    throw new Error('its boot counter is no counter');
  }
  if (clusterId !== undefined && (typeof clusterId !== 'string' || parseClusterId(clusterId) === undefined)) {
    throw new Error('its cluster id is no UUID');
  }
  return { machineId, nodeName, seed: new Uint8Array(seed), boot, ...(clusterId !== undefined && { clusterId }) };
}

interface Fields {
  readonly version?: unknown;
  readonly clusterId?: unknown;
  readonly machineId?: unknown;
  readonly nodeName?: unknown;
  readonly privateKey?: unknown;
  readonly boot?: unknown;
}

function fieldsOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(text.trim() === '' ? 'it is empty' : 'it is no JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Error('it is no JSON object');
  return value;
}
