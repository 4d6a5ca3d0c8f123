/** Where this agent's cluster keys come from, the file or what all agents share, and that it notices when they change. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { backOffMs } from './base/back-off.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { systemRandom } from './base/random.ts';
import { CLUSTER_KEY_FILE, type ClusterKey } from './mesh/identity/cluster-key.ts';
import { systemFiles } from './mesh/identity/durable-file.ts';
import { type ClusterKeys as OpenedKeys, openClusterKeys } from './mesh/identity/key-files.ts';
import { watchKeyFile } from './mesh/identity/key-watch.ts';
import type { SharedKeyPlace } from './model/shared-key.ts';

export interface ClusterKeys {
  /** Whether they are in a place that all agents of the cluster share; the file is a copy then. */
  readonly isShared: boolean;
  /**
   * @param isStart the agent waits for it, so that with a key on the disk it does not take long
   * @throws AgentError `config` where there is no key that may be used
   */
  open(isStart: boolean): Promise<OpenedKeys>;
  /** Calls with the keys that are accepted from now on, each time that they are others. Returns how to stop. */
  watch(keys: readonly ClusterKey[], hooks: WatchHooks): () => void;
}

export interface WatchHooks {
  /** @param clusterId of which cluster they are, where that is said with them */
  readonly onKeys: (keys: AcceptedKeys, clusterId: string | undefined) => void;
  /** Of the mesh that was joined. */
  readonly clusterId: () => string | undefined;
}

export type AcceptedKeys = readonly [ClusterKey, ...ClusterKey[]];

export interface ClusterKeysDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where all agents of the cluster find its key. */
  readonly shared: SharedKeyPlace | undefined;
  /** Into the timeline. */
  readonly notice: (message: string) => void;
}

/** With a key on the disk the start does not wait longer for the API. */
const PATIENCE_MS = 1000;
const ASK_FIRST_MS = 15_000;

export function createClusterKeys(config: Config, deps: ClusterKeysDeps): ClusterKeys {
  const { mesh, kubernetes, dataDirectory } = config;
  const { clock, log, notice } = deps;
  // A file that is named is the operator's own affair.
  const shared = mesh.keyFile === '' ? deps.shared : undefined;
  const keyFile = mesh.keyFile === '' ? join(dataDirectory, CLUSTER_KEY_FILE) : mesh.keyFile;
  // In a cluster nobody makes a key for himself.
  const isInCluster = kubernetes.enabled && kubernetes.apiServers.length > 0;
  const mayMake = mesh.keyFile === '' && mesh.seeds.length === 0 && !isInCluster;
  const told = new Set<string>();

  const open = async (isStart: boolean): Promise<OpenedKeys> => {
    const opened = await openClusterKeys(
      { keyFile, mayMake, shared, patienceMs: isStart ? PATIENCE_MS : undefined },
      { files: systemFiles, clock, randomBytes: (count) => new Uint8Array(randomBytes(count)) },
    );
    for (const text of opened.notices.filter((one) => !told.has(one))) {
      told.add(text);
      log.warn({ notice: text }, 'the cluster key');
      notice(text);
    }
    return opened;
  };

  /** Again and again, and soon after the start, which did not wait for long, and after the disk did not answer. */
  const askAgain = (
    { askAgainMs }: SharedKeyPlace,
    keys: readonly ClusterKey[],
    onKeys: WatchHooks['onKeys'],
  ): (() => void) => {
    let [known, isStopped, failures] = [idsOf(keys), false, 0];
    let cancel = (): void => {};
    const askIn = (ms: number): void => {
      cancel = clock.after(ms * (0.75 + systemRandom() / 2), () => void ask());
    };
    const ask = async (): Promise<void> => {
      const opened = await open(false).catch(() => undefined);
      if (isStopped) return;
      const [first, ...others] = opened?.keys ?? [];
      if (first !== undefined && idsOf([first, ...others]) !== known) {
        known = idsOf([first, ...others]);
        onKeys([first, ...others], opened?.clusterId);
        if (isStopped) return;
      }
      failures = opened?.isNotOnDisk === true ? failures + 1 : 0;
      const usualMs = askAgainMs();
      const soonMs = backOffMs(failures, systemRandom(), { firstMs: ASK_FIRST_MS, longestMs: usualMs });
      askIn(failures === 0 ? usualMs : soonMs);
    };
    askIn(ASK_FIRST_MS);
    return () => {
      isStopped = true;
      cancel();
    };
  };

  return {
    isShared: shared !== undefined,
    open,
    watch(keys, hooks) {
      const onKeys = (accepted: AcceptedKeys, clusterId?: string): void => {
        const ids = accepted.map(({ id }) => id);
        hooks.onKeys(accepted, clusterId);
        log.warn({ ids }, 'the cluster key changed');
        notice(`the cluster key changed: ${ids.join(' and ')} ${ids.length === 1 ? 'is' : 'are'} accepted now`);
      };
      // The file is only a copy then, and may be an old one where the disk takes no writes.
      if (shared !== undefined) return askAgain(shared, keys, onKeys);
      return watchKeyFile(
        { keyFile, keys, clusterId: hooks.clusterId },
        {
          clock,
          files: systemFiles,
          onKeys,
          onFault(why) {
            log.error({ keyFile, err: why }, 'the file of the cluster key cannot be used; the keys of before hold');
            notice(`the keys of before hold, ${keyFile} cannot be used: ${why}`);
          },
        },
      );
    },
  };
}

const idsOf = (keys: readonly ClusterKey[]): string => keys.map(({ id }) => id).join(' ');
