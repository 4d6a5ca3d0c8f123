/** The cluster key and its id in a data directory, for the commands that a person types. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import { parseClusterId } from '../../mesh/identity/cluster-id.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_FILE,
  type ClusterKey,
  formatClusterKeys,
  originOfKeys,
  parseClusterKeys,
} from '../../mesh/identity/cluster-key.ts';
import { systemFiles } from '../../mesh/identity/durable-file.ts';

export const keyPath = (directory: string): string => join(directory, CLUSTER_KEY_FILE);

export const idsOf = (keys: readonly ClusterKey[]): string => keys.map(({ id }) => id).join(', ');

/** Newest first; none where there is no file. */
export async function heldKeys(directory: string): Promise<readonly ClusterKey[]> {
  return (await exists(keyPath(directory))) ? readKeys(directory) : [];
}

/** @throws {AgentError} `config` where there is no file, or none that can be used */
export async function readKeys(directory: string): Promise<readonly ClusterKey[]> {
  const path = keyPath(directory);
  const text = await read(path);
  try {
    return parseClusterKeys(text);
  } catch (error) {
    throw new AgentError('config', `${path} cannot be used. ${messageOf(error)}`, { cause: error });
  }
}

/** Of what the file is a copy; undefined: of nothing, or there is none. */
export async function originOf(directory: string): Promise<string | undefined> {
  return (await exists(keyPath(directory))) ? originOfKeys(await read(keyPath(directory))) : undefined;
}

export const writeKeys = (directory: string, keys: readonly ClusterKey[]): Promise<void> =>
  write(keyPath(directory), formatClusterKeys(keys));

export const writeClusterId = (directory: string, clusterId: string): Promise<void> =>
  write(join(directory, CLUSTER_ID_FILE), `${clusterId}\n`);

/** As it is written there; undefined where there is none. */
export async function heldClusterId(directory: string): Promise<string | undefined> {
  const path = join(directory, CLUSTER_ID_FILE);
  return (await exists(path)) ? (await read(path)).trim() : undefined;
}

/** The one that is there holds, because every signature of the cluster covers it. */
export async function clusterIdFor(directory: string, wanted: string | undefined): Promise<string> {
  const path = join(directory, CLUSTER_ID_FILE);
  const held = (await heldClusterId(directory))?.toLowerCase();
  if (held === undefined) return wanted?.toLowerCase() ?? randomUUID();
  if (parseClusterId(held) === undefined) throw new AgentError('config', `${path} holds no UUID.`);
  if (wanted !== undefined && wanted.toLowerCase() !== held) {
    throw new AgentError('config', `${path} says cluster ${held}, not ${wanted}. Take another directory.`);
  }
  return held;
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
    },
  );

export const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    const hint = codeOf(error) === 'ENOENT' ? ' Make a key with: meerkat key new' : '';
    throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}.${hint}`, { cause: error });
  });

const write = (path: string, text: string): Promise<void> =>
  systemFiles.writeDurably(path, text).catch((error: unknown) => {
    throw new AgentError('config', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  });
