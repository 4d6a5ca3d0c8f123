/** What the agent and the thread that reads its logs say to each other. */
import type { LogWatch, WatchedLog } from '../../../checks/types.ts';

export interface LogWorkerData {
  /** `/var/log/pods` as this process finds it. */
  readonly directory: string;
  readonly watches: readonly LogWatch[];
}

/** `blind`: the directory cannot be read. */
export type FromLogWorker =
  | { readonly kind: 'seen'; readonly logs: readonly WatchedLog[]; readonly unfollowed: number }
  | { readonly kind: 'blind'; readonly why: string };
