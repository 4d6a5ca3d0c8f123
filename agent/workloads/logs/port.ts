/**
 * The agent's side of the thread that reads logs. A disk that hangs holds up that thread alone: what it said last is soon too
 * old, and then it is not known how the logs stand.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type LogMemory, NEW_LOG, judgeLog } from '../../../checks/lib/logs/judge.ts';
import { runOf } from '../../../checks/lib/logs/run.ts';
import { type LogsConfig, logWatchesOf } from '../../../checks/lib/logs/settings.ts';
import type { JudgedLog, LogsView, PodsView, WatchedLog } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { formatDuration } from '../../model/text.ts';
import type { TailOf, Tails } from '../scenes/log-tail.ts';
import type { SeenRestart } from '../scenes/run-watch.ts';
import { createEnded, withoutReplaced } from './ended.ts';
import type { FromLogWorker, LogWorkerData, ToLogWorker } from './messages.ts';

export interface LogsPort extends SceneLogs, LogSights {
  view(): LogsView;
  stop(): Promise<void>;
}

/** What rules count. */
export interface LogSights {
  /**
   * Told of all logs after each look, once a second; `isAnew`: by a reader that was started again, which reads the ends of logs
   * once more.
   */
  onSeen(listener: (logs: readonly WatchedLog[], isAnew: boolean) => void): void;
}

/** What the kubelet's files have for scenes of failures. */
export interface SceneLogs {
  /** Why it is not seen which containers are started again; undefined: it is. */
  blind(): string | undefined;
  /** The ends of logs, without secrets. Never rejects, and takes three seconds at most. */
  tails(of: TailOf): Promise<Tails>;
  /** Told of each container that was started again. */
  onRestart(listener: (restart: SeenRestart) => void): void;
}

export interface LogsPortDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** This node's pods as the Kubernetes API has them, as far as it is asked: which of them have ended. */
  readonly pods?: () => PodsView;
  /** Default: a thread of this process. */
  readonly start?: (data: LogWorkerData, hooks: LogWorkerHooks) => LogWorker;
}

export interface LogWorkerHooks {
  readonly onMessage: (message: FromLogWorker) => void;
  readonly onEnd: (why: string) => void;
}

export interface LogWorker {
  send(message: ToLogWorker): void;
  stop(): Promise<void>;
}

/** It looks once a second. */
const SILENT_MS = 15_000;
const RESTART_MS = 10_000;
/** How often it is seen to that time goes on, and a pause: so much more than that. */
const BEAT_MS = 5000;
const PAUSE_MS = 15_000;
const TAILS_MS = 3000;

export const NO_LOGS: LogsView = { kind: 'none', why: 'no log is configured in checks.logs.watches' };

export interface LogsWanted extends Pick<LogsConfig, 'watches'> {
  /** Of whose pods it is told that a container was started again; `*`: of all. */
  readonly namespaces?: readonly string[];
  /** Of whose pods the Kubernetes API tells; `*`: of all. */
  readonly podNamespaces?: readonly string[];
}

/** Starts at once. @param directory `/var/log/pods` as this process finds it */
export function startLogs(
  directory: string,
  { watches, namespaces = [], podNamespaces = [] }: LogsWanted,
  { clock, log, pods, start = startThread }: LogsPortDeps,
): LogsPort {
  const settings = new Map(watches.map((watch) => [watch.name, watch]));
  const data = { directory, namespaces, watches: logWatchesOf({ watches }) };
  const lookForEnded = pods && createEnded({ clock, pods, namespaces: podNamespaces });
  const memories = new Map<string, LogMemory>();
  let logs: readonly WatchedLog[] = [];
  let unfollowed = 0;
  let heardAt = clock.monotonic();
  let blind: string | undefined = 'the logs were not read yet';
  let worker: LogWorker | undefined;
  let cancel = (): void => {};
  let isStopped = false;
  let beatAt = clock.monotonic();
  let pausedMs: number | undefined;
  const listeners: ((restart: SeenRestart) => void)[] = [];
  const seers: Parameters<LogSights['onSeen']>[0][] = [];
  const pending = new Map<number, (tails: Tails) => void>();
  let lastId = 0;

  const run = (): void => {
    let isAnew = true;
    worker = start(data, {
      onMessage(message) {
        heardAt = clock.monotonic();
        if (message.kind === 'tails') return pending.get(message.id)?.(message.tails);
        blind = message.kind === 'blind' ? message.why : undefined;
        if (message.kind === 'blind') return;
        ({ logs, unfollowed } = message);
        for (const restart of message.restarts) for (const listener of listeners) listener(restart);
        for (const see of seers) see(logs, isAnew);
        isAnew = false;
      },
      onEnd(why) {
        worker = undefined;
        blind = `the reader of logs ended: ${why}`;
        for (const give of pending.values()) give(withoutTails(blind));
        if (isStopped) return;
        log.error({ err: why }, 'the reader of logs ended; it is started again');
        cancel = clock.after(RESTART_MS, run);
      },
    });
  };
  /** Whoever is frozen with this process, as all of a machine are, could not write. */
  const beat = (): void => {
    const now = clock.monotonic();
    if (now - beatAt > BEAT_MS + PAUSE_MS) pausedMs = now;
    beatAt = now;
  };
  const stopBeat = clock.every(BEAT_MS, beat);
  const judge = (one: WatchedLog, whyEnded?: (one: WatchedLog) => string | undefined): readonly JudgedLog[] => {
    const watch = settings.get(one.watch);
    if (watch === undefined) return [];
    const ended = whyEnded?.(one);
    if (ended !== undefined) return [{ ...one, verdict: 'ended', words: ended, silentMs: 0 }];
    const key = runOf(one);
    const { judged, memory } = judgeLog(one, watch, memories.get(key) ?? NEW_LOG, {
      wall: clock.now(),
      monotonic: clock.monotonic(),
      pausedMs,
    });
    memories.set(key, memory);
    return [judged];
  };
  const whyBlind = (): string | undefined => {
    const silentMs = clock.monotonic() - heardAt;
    return (
      blind ?? (silentMs > SILENT_MS ? `the reader of logs has not answered for ${formatDuration(silentMs)}` : blind)
    );
  };
  run();

  return {
    blind: whyBlind,
    onRestart: (listener) => void listeners.push(listener),
    onSeen: (listener) => void seers.push(listener),
    tails(of) {
      const reader = worker;
      if (reader === undefined) return Promise.resolve(withoutTails(blind ?? 'the reader of logs does not run'));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        const give = (tails: Tails): void => {
          pending.delete(id);
          cancelWait();
          resolve(tails);
        };
        const cancelWait = clock.after(TAILS_MS, () =>
          give(withoutTails(`the reader of logs did not answer within ${formatDuration(TAILS_MS)}`)),
        );
        pending.set(id, give);
        reader.send({ kind: 'tails', id, of });
      });
    },
    view() {
      if (watches.length === 0) return NO_LOGS;
      const why = whyBlind();
      if (why !== undefined) return { kind: 'unknown', why };
      beat();
      const keys = new Set(logs.map(runOf));
      for (const key of memories.keys()) if (!keys.has(key)) memories.delete(key);
      const whyEnded = lookForEnded?.();
      const judged = withoutReplaced(logs.flatMap((one) => judge(one, whyEnded)));
      return { kind: 'known', logs: judged, ...(unfollowed > 0 && { unfollowed }) };
    },
    async stop() {
      isStopped = true;
      stopBeat();
      cancel();
      await worker?.stop();
    },
  };
}

const withoutTails = (why: string): Tails => ({ logs: [], missing: [`log: ${why}`] });

/** The bundle has the thread as a file of its own beside it. */
function startThread(data: LogWorkerData, { onMessage, onEnd }: LogWorkerHooks): LogWorker {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './log-worker.js';
  const thread = new Worker(fileURLToPath(new URL(file, import.meta.url)), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 2 },
  });
  // An error is followed by the end of the thread.
  let failure: string | undefined;
  thread.on('message', onMessage);
  thread.on('error', (error) => (failure = error.message));
  thread.on('exit', (code) => onEnd(failure ?? `exit code ${code}`));
  thread.unref();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    send: (message) => thread.postMessage(message),
    stop: async () => void (await thread.terminate()),
  };
}
