/** What the agent and the thread that reads its logs say to each other. */
import type { LogWatch, WatchedLog } from '../../../checks/types.ts';
import type { TailOf, Tails } from '../scenes/log-tail.ts';
import type { SeenRestart } from '../scenes/run-watch.ts';

export interface LogWorkerData {
  /** `/var/log/pods` as this process finds it. */
  readonly directory: string;
  readonly watches: readonly LogWatch[];
  /** Of whose pods it is told that a container was started again; `*`: of all. Empty: of nobody's. */
  readonly namespaces: readonly string[];
}

/** The ends of logs are wanted. */
export interface ToLogWorker {
  readonly kind: 'tails';
  readonly id: number;
  readonly of: TailOf;
}

/** `blind`: the directory cannot be read. */
export type FromLogWorker =
  | {
      readonly kind: 'seen';
      readonly logs: readonly WatchedLog[];
      /** How many logs more are wanted than can be followed. */
      readonly unfollowed: number;
      readonly restarts: readonly SeenRestart[];
    }
  | { readonly kind: 'blind'; readonly why: string }
  | { readonly kind: 'tails'; readonly id: number; readonly tails: Tails };
