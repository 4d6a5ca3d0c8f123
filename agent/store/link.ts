/** The agent's side of the store process: started, spoken to, started again when it dies, let go when it hangs. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/errors.ts';
import { cleanText } from '../model/text.ts';
import type { Trust } from './database.ts';
import type { FromProcess, ToProcess } from './messages.ts';
import { type ProcessState, readProcessState } from './process-state.ts';

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

export const createLink = (command: StoreCommand, deps: LinkDeps, handlers: LinkHandlers): Link =>
  new ProcessLink(command, deps, handlers);

/** What the kernel says of the process; undefined when there is none. */
export function processOf(link: Pick<Link, 'pid'>): ProcessState | undefined {
  const pid = link.pid();
  return pid === undefined ? undefined : readProcessState(pid);
}

class ProcessLink implements Link {
  readonly #command: StoreCommand;
  readonly #deps: LinkDeps;
  readonly #handlers: LinkHandlers;
  readonly #ended = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #startedAt = 0;
  #deaths = 0;
  #crashes = 0;
  #isEnding = false;
  #isBeatRead = true;
  #cancelRestart = (): void => {};

  constructor(command: StoreCommand, deps: LinkDeps, handlers: LinkHandlers) {
    this.#command = command;
    this.#deps = deps;
    this.#handlers = handlers;
  }

  start(): void {
    const { clock, log, markFile } = this.#deps;
    this.#startedAt = clock.monotonic();
    this.#isBeatRead = true;
    try {
      const child = spawn(this.#command, markFile);
      this.#child = child;
      child.on('message', (message) => this.#handlers.onMessage(message as FromProcess));
      child.once('exit', (code, signal) => this.#died(child, signal ?? `exit code ${code}`, signal));
      child.on('error', (err) => {
        if (child.pid === undefined) this.#died(child, messageOf(err), null);
        else log.warn({ err }, 'the store process could not be reached');
      });
      onLines(child.stderr, (line) => log.warn({ line }, 'the store process wrote'));
      this.#handlers.onStart(this.#trust());
    } catch (error) {
      this.#died(this.#child, messageOf(error), null);
    }
  }

  readonly send = (message: ToProcess): void => {
    this.#child?.send(message, () => {});
  };

  beat(probe: boolean): boolean {
    if (this.#child === undefined || !this.#isBeatRead) return false;
    this.#isBeatRead = false;
    this.#child.send({ kind: 'heartbeat', probe } satisfies ToProcess, () => {
      this.#isBeatRead = true;
    });
    return true;
  }

  opened(): void {
    this.#crashes = 0;
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  end(): Promise<void> {
    this.#isEnding = true;
    this.#cancelRestart();
    if (this.#child === undefined) this.#ended.resolve();
    return this.#ended.promise;
  }

  release(): void {
    this.#isEnding = true;
    this.#cancelRestart();
    if (this.#child !== undefined) letGo(this.#child);
  }

  #died(which: ChildProcess | undefined, how: string, signal: string | null): void {
    if (this.#child !== which) return;
    this.#child = undefined;
    if (this.#isEnding) return this.#ended.resolve();
    const { clock } = this.#deps;
    this.#deaths = clock.monotonic() - this.#startedAt > STEADY_MS ? 1 : this.#deaths + 1;
    this.#crashes = CRASHES.includes(signal) ? this.#crashes + 1 : 0;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#deaths - 1));
    this.#cancelRestart = clock.after(pauseMs, () => this.start());
    this.#handlers.onDeath(how, this.#deaths);
  }

  #trust(): Trust {
    if (this.#crashes >= CRASHES_TO_REPLACE) return 'replace';
    return this.#crashes > 0 ? 'check' : 'usual';
  }
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
