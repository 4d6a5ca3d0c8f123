/** The agent's side of the store process: started, spoken to, started again when it dies, let go when it hangs. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/errors.ts';
import { cleanText } from '../model/text.ts';
import type { Trust } from './database.ts';
import type { FromProcess, ToProcess } from './messages.ts';

/** How the store process is started: the module that is `child.ts` in the sources, and the flags of Node. */
export interface StoreCommand {
  readonly modulePath: string;
  readonly execArgv: readonly string[];
}

export interface LinkHandlers {
  /** A process was started; how far it is to trust the database. */
  onStart(trust: Trust): void;
  onMessage(message: FromProcess): void;
  /** The process ended without being told to. `again` counts deaths in a row, each within a minute of its start. */
  onDeath(how: string, again: number): void;
}

export interface Link {
  start(): void;
  readonly send: (message: ToProcess) => void;
  /** Sends a sign of life unless the last one still waits for the process to read it; then returns false. */
  beat(probe: boolean): boolean;
  /** The database is open: the process did not die of it. */
  opened(): void;
  pid(): number | undefined;
  /** Ends the process at once; another one follows. */
  kill(): void;
  /** Settles when the process has ended; none follows from now on. */
  end(): Promise<void>;
  /** Kills the process and waits for nothing: a process that hangs in the kernel ends when its disk comes back. */
  release(): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const STEADY_MS = 60_000;
/** Signals by which a damaged database could end its reader. */
const CRASHES: readonly (string | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGILL'];
const CRASHES_TO_REPLACE = 3;

export interface LinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Descriptor of the mark file. */
  readonly markFile: number | undefined;
}

export function createLink(command: StoreCommand, deps: LinkDeps, handlers: LinkHandlers): Link {
  const { clock, log } = deps;
  let child: ChildProcess | undefined;
  let startedAt = 0;
  let deaths = 0;
  let crashes = 0;
  let trust: Trust = 'usual';
  let isEnding = false;
  let isBeatRead = true;
  let cancelRestart: (() => void) | undefined;
  const ended = Promise.withResolvers<void>();

  const start = (): void => {
    startedAt = clock.monotonic();
    isBeatRead = true;
    try {
      const started = spawn(command, deps.markFile);
      child = started;
      started.on('message', (message) => handlers.onMessage(message as FromProcess));
      started.once('exit', (code, signal) => died(started, signal ?? `exit code ${code}`, signal));
      started.once('error', (error) => started.pid === undefined && died(started, messageOf(error), null));
      onLines(started.stderr, (line) => log.warn({ line }, 'the store process wrote'));
      handlers.onStart(trust);
    } catch (error) {
      died(undefined, messageOf(error), null);
    }
  };

  const died = (which: ChildProcess | undefined, how: string, signal: string | null): void => {
    if (child !== which) return;
    child = undefined;
    if (isEnding) return ended.resolve();
    deaths = clock.monotonic() - startedAt > STEADY_MS ? 1 : deaths + 1;
    crashes = CRASHES.includes(signal) ? crashes + 1 : 0;
    trust = crashes >= CRASHES_TO_REPLACE ? 'replace' : crashes > 0 ? 'check' : 'usual';
    cancelRestart = clock.after(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1)), start);
    handlers.onDeath(how, deaths);
  };

  return {
    start,
    send: (message) => child?.send(message, () => {}),
    beat(probe) {
      if (child === undefined || !isBeatRead) return false;
      isBeatRead = false;
      child.send({ kind: 'heartbeat', probe } satisfies ToProcess, () => {
        isBeatRead = true;
      });
      return true;
    },
    opened() {
      crashes = 0;
    },
    pid: () => child?.pid,
    kill: () => void child?.kill('SIGKILL'),
    end() {
      isEnding = true;
      cancelRestart?.();
      if (child === undefined) ended.resolve();
      return ended.promise;
    },
    release() {
      isEnding = true;
      cancelRestart?.();
      if (child !== undefined) letGo(child);
    },
  };
}

function spawn({ modulePath, execArgv }: StoreCommand, markFile: number | undefined): ChildProcess {
  return fork(modulePath, [], {
    execArgv: [...execArgv],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', markFile ?? 'ignore'],
  });
}

function letGo(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stderr?.destroy();
  if (child.connected) child.disconnect();
  child.unref();
}

/** What the process writes by itself is rare: warnings of Node and the trace of a crash. */
function onLines(stream: ChildProcess['stderr'], give: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, 1000);
    for (const line of lines) if (line.trim() !== '') give(cleanText(line, 1000));
  });
}
