/**
 * Which keys an agent accepts, by what the cluster's Secret holds and what its own disk does. The agents of a cluster
 * start together on an empty Secret and end up with one key; a cluster whose manifest was applied again gets its old key
 * back from any node that has it.
 */
import { AgentError, messageOf } from '../../base/errors.ts';
import type { SharedKey } from '../../model/shared-key.ts';
import {
  CLUSTER_KEY_BYTES,
  type ClusterKey,
  clusterKeyFrom,
  formatClusterKeys,
  parseClusterKeys,
} from './cluster-key.ts';

/** What lies on this node's disk. */
export interface DiskKeys {
  /** Empty: none. */
  readonly keys: readonly ClusterKey[];
  /** UUID of the cluster that they are of; undefined: it is not said. */
  readonly clusterId: string | undefined;
  /** Until when the last of two keys is accepted, Unix ms; undefined: for good. */
  readonly lastUntil?: number;
}

export interface Agreement {
  /** One, or two: the new one first. */
  readonly keys: readonly ClusterKey[];
  readonly clusterId: string | undefined;
  /** Of the last of two keys. */
  readonly lastUntil?: number;
  /** The Secret is to hold this; undefined: it does. */
  readonly write?: string;
  /** The key was made just now: it is nobody's before it is in the Secret. */
  readonly isFresh?: true;
  /** What a person should know, each once. */
  readonly notices: readonly string[];
}

/** Whoever has not yet heard of a new key is still understood. */
export const OLD_KEY_MS = 24 * 3600_000;

export interface AgreementDeps {
  /** Unix ms. */
  readonly now: number;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/**
 * @param place its name, for messages
 * @throws {AgentError} `config` where there is no key that may be used; the message never names a secret
 */
export function agreeOnKeys(place: string, shared: SharedKey, disk: DiskKeys, deps: AgreementDeps): Agreement {
  if (shared.kind === 'unreadable') return fromDisk(place, disk, shared, deps.now);
  const isOurs = disk.clusterId === undefined || disk.clusterId.toLowerCase() === shared.clusterId.toLowerCase();
  const own = isOurs ? current(disk, deps.now) : [];
  const notices =
    isOurs || disk.keys.length === 0
      ? []
      : [`the cluster key on this node’s disk was of another cluster (${disk.clusterId}): it is not used any more`];
  const { clusterId } = shared;
  if (shared.text.trim() === '') {
    if (own.length === 0) {
      const keys = [clusterKeyFrom(deps.randomBytes(CLUSTER_KEY_BYTES))];
      return { keys, clusterId, write: formatClusterKeys(keys), isFresh: true, notices };
    }
    // A key that ends soon is not for those who come now.
    const lasting = disk.lastUntil === undefined ? own : own.slice(0, 1);
    return { keys: own, clusterId, ...until(disk, own), write: formatClusterKeys(lasting), notices };
  }
  const theirs = parse(place, shared.text, own);
  if (theirs.kind === 'unusable')
    return { keys: own, clusterId, ...until(disk, own), notices: [...notices, theirs.why] };
  const { keys } = theirs;
  const old = own.find(({ id }) => !keys.some((key) => key.id === id));
  if (old === undefined || keys.length > 1) return { keys, clusterId, notices };
  const known = own.length > 1 && own[1]?.id === old.id ? disk.lastUntil : undefined;
  const lastUntil = known ?? deps.now + OLD_KEY_MS;
  const notice = `${place} holds another cluster key (${keys[0]?.id}) than this node did (${old.id}), which is accepted for a day`;
  return { keys: [...keys, old], clusterId, lastUntil, notices: known === undefined ? [...notices, notice] : notices };
}

/** @throws {AgentError} `config` */
function fromDisk(
  place: string,
  disk: DiskKeys,
  { why, isLasting = false }: Extract<SharedKey, { kind: 'unreadable' }>,
  now: number,
): Agreement {
  const keys = current(disk, now);
  const said = `${place} cannot be read: ${why}`;
  if (keys.length === 0) throw new AgentError('config', `there is no cluster key on this node, and ${said}`);
  const notices = isLasting ? [`${said}. The key on this node’s disk holds`] : [];
  return { keys, clusterId: disk.clusterId, ...until(disk, keys), notices };
}

/** Without a key whose time is over. */
const current = ({ keys, lastUntil }: DiskKeys, now: number): readonly ClusterKey[] =>
  lastUntil !== undefined && lastUntil <= now ? keys.slice(0, 1) : keys;

const until = ({ lastUntil }: DiskKeys, keys: readonly ClusterKey[]): { readonly lastUntil?: number } =>
  lastUntil !== undefined && keys.length > 1 ? { lastUntil } : {};

function parse(
  place: string,
  text: string,
  own: readonly ClusterKey[],
):
  | { readonly kind: 'keys'; readonly keys: readonly ClusterKey[] }
  | { readonly kind: 'unusable'; readonly why: string } {
  try {
    return { kind: 'keys', keys: parseClusterKeys(text) };
  } catch (error) {
    const why = `${place} cannot be used: ${messageOf(error)}`;
    if (own.length === 0) throw new AgentError('config', why, { cause: error });
    return { kind: 'unusable', why: `${why} The key on this node’s disk holds.` };
  }
}
