/**
 * The cluster key: 32 random bytes that admit an agent. Everything that is used is derived from it, each with a label
 * of its own, so that no use betrays another.
 *
 * File `cluster.key`: one key a line, `<key id> <base64 of 32 bytes>`, newest first, at most two: while a cluster
 * changes to a new key both are accepted, and the first one is used. Empty lines and lines that begin with `#` are
 * skipped. The id only guards against slips of the hand; it is derived from the key.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { AgentError } from '../../base/errors.ts';

export interface ClusterKey {
  /** First 4 bytes of HMAC-SHA256(key, `meerkat/kid/1`), as 8 hexadecimal digits. No secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export const CLUSTER_KEY_BYTES = 32;
export const CLUSTER_KEY_FILE = 'cluster.key';
export const CLUSTER_ID_FILE = 'cluster.id';
export const MAX_CLUSTER_KEYS = 2;
/** Comments to whoever reads the keys only. */
const COPY_OF = '# a copy of';
const LAST_UNTIL = '# the last key is accepted until';

/** @throws {RangeError} when the secret has not 32 bytes */
export function clusterKeyFrom(secret: Uint8Array): ClusterKey {
  if (secret.length !== CLUSTER_KEY_BYTES) throw new RangeError(`A cluster key has 32 bytes, not ${secret.length}.`);
  return { id: hmac(secret, 'meerkat/kid/1').toString('hex', 0, 4), secret: Uint8Array.from(secret) };
}

/** HKDF-SHA256(key, no salt, `meerkat/probe/1`), 32 bytes: authenticates probe datagrams (RFC 5869). */
export const probeKeyOf = ({ secret }: ClusterKey): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), 'meerkat/probe/1', 32));

/** HKDF-SHA256(key, no salt, `meerkat/overlay/1`): a key of its own for the overlay responders, of the same form. */
export const overlayKeyOf = ({ secret }: ClusterKey): ClusterKey =>
  clusterKeyFrom(new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), 'meerkat/overlay/1', CLUSTER_KEY_BYTES)));

/** HMAC-SHA256(key, `meerkat/noise-prologue/1`), 32 bytes: without it a Noise handshake fails in its first message. */
export const noisePrologueOf = ({ secret }: ClusterKey): Uint8Array =>
  new Uint8Array(hmac(secret, 'meerkat/noise-prologue/1'));

/** The encrypter's protocol name: both sides pick a key that they share before the handshake begins. */
export const noiseProtocolOf = ({ id }: ClusterKey): string => `/meerkat-noise/1/${id}`;

/**
 * Newest first; one or two.
 *
 * @throws {AgentError} `config`; the message names the line and never the secret
 */
export function parseClusterKeys(text: string): ClusterKey[] {
  const keys = text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => parseLine(line, number));
  if (keys.length === 0) throw new AgentError('config', 'There is no key in it. Make one with: meerkat key new');
  if (keys.length > MAX_CLUSTER_KEYS) {
    throw new AgentError('config', `There are ${keys.length} keys in it; at most two are allowed, newest first.`);
  }
  if (keys[0]?.id === keys[1]?.id) throw new AgentError('config', 'Both keys are the same. Delete one line.');
  return keys;
}

/**
 * The text of `cluster.key`.
 *
 * @param notes `lastUntil`: until when the last of two keys is accepted, Unix ms; `origin`: of what this is a copy
 */
export const formatClusterKeys = (
  keys: readonly ClusterKey[],
  { lastUntil, origin }: { readonly lastUntil?: number | undefined; readonly origin?: string | undefined } = {},
): string =>
  [
    ...(origin === undefined ? [] : [`${COPY_OF} ${origin}`]),
    ...keys.map(({ id, secret }) => `${id} ${Buffer.from(secret).toString('base64')}`),
    ...(lastUntil === undefined ? [] : [`${LAST_UNTIL} ${new Date(lastUntil).toISOString()}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');

/** Of what the file is a copy: what is changed here is undone. Undefined: of nothing. */
export const originOfKeys = (text: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(COPY_OF))
    ?.slice(COPY_OF.length)
    .trim();

/** Until when the last of two keys is accepted, Unix ms; undefined: for good. */
export function lastKeyUntil(text: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(LAST_UNTIL));
  const instant = Date.parse(line?.slice(LAST_UNTIL.length).trim() ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}

function parseLine(line: string, number: number): ClusterKey {
  const [id, encoded] = line.split(/\s+/);
  const wrong = (what: string): AgentError => new AgentError('config', `Line ${number} ${what}.`);
  if (!/^\S+\s+\S+$/.test(line) || id === undefined || encoded === undefined) {
    throw wrong('is not "<key id> <base64 of 32 bytes>"');
  }
  const secret = Buffer.from(encoded, 'base64');
  if (secret.length !== CLUSTER_KEY_BYTES || secret.toString('base64') !== encoded) {
    throw wrong('holds no key: 32 bytes in base64 are 44 characters');
  }
  const key = clusterKeyFrom(secret);
  if (key.id !== id.toLowerCase()) throw wrong(`says key id ${id.slice(0, 16)}, but its key has another id`);
  return key;
}

const hmac = (secret: Uint8Array, label: string): Buffer =>
  createHmac('sha256', secret).update(label, 'ascii').digest();
