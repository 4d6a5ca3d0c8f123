/** What a check sees of the logs of containers. */

/** Which logs of this node's containers are followed, and what is looked for in them. */
export interface LogWatch {
  /** Told apart by it. */
  readonly name: string;
  readonly namespace: string;
  /** Of the pods: their own name, or that of what made them. */
  readonly workload: string;
  /** Empty: every container. */
  readonly container: string;
  /** Only what is written there counts; undefined: either. */
  readonly stream?: 'stdout' | 'stderr' | undefined;
  /** RE2; undefined: lines are not looked at. */
  readonly pattern?: string | undefined;
  /** For how long a line that matches counts, ms. */
  readonly windowMs: number;
}

/** What is known of the log of one run of a container, for one watch. */
export interface WatchedLog {
  readonly watch: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  /** So often the container had been restarted before: with the pod's UID it names the run. */
  readonly restarts: number;
  /** When its log was made, or met where that is not known, Unix ms. */
  readonly startedAt: number;
  /** From when on every line was read, Unix ms; absent: lines are not read. */
  readonly readSince?: number;
  /** When it wrote last what counts, Unix ms; undefined: not yet. */
  readonly lastWriteAt?: number;
  /** Lines of the window that match. */
  readonly matches: number;
  /** Those that were read with this look, by the second in which they were written, Unix ms; absent: none. */
  readonly fresh?: readonly (readonly [second: number, lines: number])[];
  /** Since the log is followed. */
  readonly bytes: number;
  /** What was too much to be read, bytes, since the log is followed. */
  readonly droppedBytes: number;
  /** Lines in a form that is not known. */
  readonly unreadableLines: number;
  /** Why it cannot be read; what else is told of it is from before. */
  readonly why?: string;
}

/**
 * With what it says of the run. `quiet`: it may still be starting. `ended`: as the Kubernetes API has it, the container or its pod
 * has ended and is kept, as one of a Job.
 */
export interface JudgedLog extends WatchedLog {
  readonly verdict: 'well' | 'silent' | 'matching' | 'quiet' | 'unknown' | 'ended';
  /** What was seen, a clause without a full stop; of `well` empty. */
  readonly words: string;
  /** Since the last line, or since the start of the run. */
  readonly silentMs: number;
}

/** What came of a container whose probe asks this agent whether it lives. */
export interface AskedContainer {
  readonly watch: string;
  readonly namespace: string;
  readonly pod: string;
  /** Empty: all of the pod's. */
  readonly container: string;
  /** It fails, and why it is not restarted all the same: a clause without a full stop. */
  readonly held?: string;
  /** Nobody has asked after it for so long, although it should be asked after, ms. */
  readonly unaskedMs?: number;
}

/** `none`: nobody wants a log to be followed. */
export type LogsView =
  | {
      readonly kind: 'known';
      readonly logs: readonly JudgedLog[];
      /** Logs that are wanted and not followed, because they are too many. */
      readonly unfollowed?: number;
      readonly asked?: readonly AskedContainer[];
    }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };
