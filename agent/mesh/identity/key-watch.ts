/** Notices within seconds that the file of the cluster key holds other keys, so that a change needs no restart. */
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import { CLUSTER_ID_FILE, type ClusterKey, parseClusterKeys } from './cluster-key.ts';
import type { SecretFiles } from './durable-file.ts';

export interface KeyWatchOptions {
  readonly keyFile: string;
  /** What it held when it was read. */
  readonly keys: readonly ClusterKey[];
  /** UUID of the cluster that this agent signs for; undefined while it is not known. */
  readonly clusterId: () => string | undefined;
}

export interface KeyWatchDeps {
  readonly clock: Clock;
  readonly files: Pick<SecretFiles, 'readText'>;
  /** It holds these now. Called once for each change. */
  readonly onKeys: (keys: readonly [ClusterKey, ...ClusterKey[]]) => void;
  /** It cannot be used: the keys of before hold. Called once for each reason. Never names a secret. */
  readonly onFault: (why: string) => void;
}

/** A copy by hand, or the mount of a secret: nothing of that is in a hurry. */
export const LOOK_MS = 5000;

/** Returns how to stop. */
export function watchKeyFile(options: KeyWatchOptions, deps: KeyWatchDeps): () => void {
  const { clock, onKeys, onFault } = deps;
  let known = idsOf(options.keys);
  let fault: string | undefined;
  let isReading = false;
  let isStopped = false;
  const look = async (): Promise<void> => {
    const read = await readChanged(options, deps.files, known);
    fault = undefined;
    if (isStopped || read === undefined) return;
    known = idsOf(read);
    onKeys(read);
  };
  const stop = clock.every(LOOK_MS, () => {
    // On a frozen disk each read would keep a thread: there is one at a time, and no bound.
    if (isReading) return;
    isReading = true;
    look()
      .catch((error: unknown) => {
        const why = messageOf(error).replace(/\.$/, '');
        if (why !== fault && !isStopped) onFault(why);
        fault = why;
      })
      .finally(() => (isReading = false));
  });
  return () => {
    isStopped = true;
    stop();
  };
}

/** Undefined: they are the same as before. */
async function readChanged(
  { keyFile, clusterId }: KeyWatchOptions,
  files: KeyWatchDeps['files'],
  known: string,
): Promise<readonly [ClusterKey, ...ClusterKey[]] | undefined> {
  const [first, ...others] = parseClusterKeys(await files.readText(keyFile));
  if (first === undefined || idsOf([first, ...others]) === known) return undefined;
  const [idFile, own] = [join(dirname(keyFile), CLUSTER_ID_FILE), clusterId()];
  const id = (await readIfThere(files, idFile))?.trim().toLowerCase();
  if (own !== undefined && id !== undefined && id !== own.toLowerCase()) {
    throw new AgentError('config', `${idFile} names another cluster: restart the agent to join it.`);
  }
  return [first, ...others];
}

const readIfThere = (files: KeyWatchDeps['files'], path: string): Promise<string | undefined> =>
  files.readText(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });

const idsOf = (keys: readonly ClusterKey[]): string => keys.map(({ id }) => id).join(' ');
