/** Lines that watches of `checks.logs.watches` find in the logs of this node's containers, for whoever counts them. */

/** Whose log it is, and for which watch it is followed. */
export interface LogPlace {
  readonly watch: string;
  readonly namespace: string;
  /** As the watch names it. */
  readonly workload: string;
  readonly pod: string;
  readonly container: string;
}

/** Written within one second. */
export interface MatchedLines extends LogPlace {
  /** Unix ms. */
  readonly at: number;
  /** At least 1. */
  readonly count: number;
}

/** Of a container that runs. */
export interface FollowedLog extends LogPlace {
  /** Unix ms: every line since then was read; undefined: they are not read. */
  readonly readSince?: number;
  /** Unix ms: when more was written last than could be read. */
  readonly skippedAt?: number;
  /** Why it cannot be read: a clause. */
  readonly why?: string;
}

/** `none`: nobody wants a log to be followed. */
export type FollowedLogs =
  | {
      readonly kind: 'known';
      /** Unix ms: since when it is known without a gap. */
      readonly since: number;
      readonly logs: readonly FollowedLog[];
      /** How many more there are than can be followed; absent: none. */
      readonly unfollowed?: number;
    }
  | { readonly kind: 'unknown' | 'none'; readonly why: string };

export interface LogLinesPort {
  /** What was found since it was asked last, each line once. */
  take(): readonly MatchedLines[];
  followed(): FollowedLogs;
}
