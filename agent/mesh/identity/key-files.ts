/** The cluster key and the cluster's id on the disk: read, or made by the first agent of a cluster of one. */
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import { bounded } from './bounded.ts';
import { parseClusterId } from './cluster-id.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_BYTES,
  type ClusterKey,
  clusterKeyFrom,
  formatClusterKeys,
  parseClusterKeys,
} from './cluster-key.ts';
import type { SecretFiles } from './durable-file.ts';

export interface ClusterKeys {
  /** One, or two while they are rotated: the new one first. */
  readonly keys: readonly ClusterKey[];
  /** UUID; undefined where there is a key without an id beside it: the identity file may know. */
  readonly clusterId: string | undefined;
}

export interface KeyFilesOptions {
  /** Path of the key; the id lies beside it. */
  readonly keyFile: string;
  /** Whether a key may be made when there is none. */
  readonly mayMake: boolean;
}

export interface KeyFilesDeps {
  readonly files: SecretFiles;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const DISK_TIMEOUT_MS = 2000;

/** @throws {AgentError} `config`; the message names the file, says what to do, and never the secret */
export async function openClusterKeys(options: KeyFilesOptions, deps: KeyFilesDeps): Promise<ClusterKeys> {
  const { keyFile, mayMake } = options;
  const idFile = join(dirname(keyFile), CLUSTER_ID_FILE);
  const [keyText, idText] = [await read(keyFile, deps), await read(idFile, deps)];
  const clusterId = idText?.trim().toLowerCase();
  if (clusterId !== undefined && parseClusterId(clusterId) === undefined) {
    throw new AgentError('config', `${idFile} holds no UUID. Copy it again from another agent of the cluster.`);
  }
  if (keyText !== undefined) return { keys: parse(keyFile, keyText), clusterId };
  if (!mayMake) {
    throw new AgentError(
      'config',
      `there is no cluster key: copy cluster.key and cluster.id from another agent of the cluster to ${dirname(keyFile)}`,
    );
  }
  return make(keyFile, idFile, clusterId, deps);
}

function parse(keyFile: string, text: string): readonly ClusterKey[] {
  try {
    return parseClusterKeys(text);
  } catch (error) {
    throw new AgentError('config', `${keyFile} cannot be used. ${messageOf(error)}`, { cause: error });
  }
}

/** The id first: a key without its id is of no use, an id without a key is taken up by the next start. */
async function make(
  keyFile: string,
  idFile: string,
  held: string | undefined,
  { files, clock, randomBytes }: KeyFilesDeps,
): Promise<ClusterKeys> {
  const clusterId = held ?? randomUUID();
  const key = clusterKeyFrom(randomBytes(CLUSTER_KEY_BYTES));
  const write = (path: string, text: string): Promise<void> =>
    bounded(clock, DISK_TIMEOUT_MS, files.writeDurably(path, text)).catch((error: unknown) => {
      throw new AgentError('config', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
    });
  if (held === undefined) await write(idFile, `${clusterId}\n`);
  await write(keyFile, formatClusterKeys([key]));
  return { keys: [key], clusterId };
}

/** Undefined: there is no such file. */
async function read(path: string, { files, clock }: KeyFilesDeps): Promise<string | undefined> {
  try {
    return await bounded(clock, DISK_TIMEOUT_MS, files.readText(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
