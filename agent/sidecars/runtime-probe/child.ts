/** The runtime probe as a child process: started when it is needed, again when it died, gone with its parent. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { whenAborted } from './limit.ts';

export type ProbeChildState =
  | { readonly kind: 'ready'; readonly socketPath: string }
  | { readonly kind: 'not-ready'; readonly message: string };

export interface ProbeChild {
  isRunning(): boolean;
  /** Starts the child where none runs and waits until it listens or the signal is aborted. Never rejects. */
  ready(signal: AbortSignal): Promise<ProbeChildState>;
  /** Ends a child that does not answer any more; a later call starts another. */
  kill(): void;
  /** Ends the child; it removes its directory. Nothing is started afterwards. */
  close(): void;
}

/** A child that dies at once is not started more often than this. */
const RESTART_AFTER_MS = 5000;
const MAX_LAST_WORDS = 300;

/** `command`: program and arguments; those that concern the socket are added. */
export function createProbeChild(
  command: readonly string[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): ProbeChild {
  let life: Life | undefined;
  let closed = false;
  const onEnd = (why: string): void => {
    if (!closed) log.warn({ why }, 'runtime probe ended');
  };
  return {
    isRunning: () => life?.state === 'starting' || life?.state === 'listening',
    async ready(signal) {
      if (closed) return { kind: 'not-ready', message: 'the agent is stopping' };
      const mayStart = life?.state === 'over' && clock.monotonic() - life.startedAt >= RESTART_AFTER_MS;
      if (life === undefined || mayStart) life = beginLife(command, clock.monotonic(), onEnd);
      await Promise.race([life.decided, whenAborted(signal)]);
      if (life.state === 'listening') return { kind: 'ready', socketPath: socketIn(life.directory) };
      return { kind: 'not-ready', message: life.state === 'over' ? life.lastWords : 'the runtime probe is starting' };
    },
    kill: () => life?.child?.kill('SIGKILL'),
    close() {
      closed = true;
      if (life?.child !== undefined) life.child.kill('SIGTERM');
      else if (life?.state === 'starting') life.unwanted = true;
    },
  };
}

/** One child from its start to its end. */
interface Life {
  readonly startedAt: number;
  state: 'starting' | 'listening' | 'over';
  directory: string;
  child?: ChildProcessWithoutNullStreams;
  /** The agent stops before the child was started. */
  unwanted: boolean;
  /** Why it ended. */
  lastWords: string;
  /** Settles when it listens or is over. */
  decided: Promise<void>;
}

function beginLife(command: readonly string[], startedAt: number, onEnd: (why: string) => void): Life {
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
  const life: Life = { startedAt, state: 'starting', directory: '', unwanted: false, lastWords: '', decided };
  const end = (why: string): void => {
    if (life.state === 'over') return;
    life.state = 'over';
    life.lastWords = why;
    // The child removes it too; not one that was killed.
    if (life.directory !== '') void rm(life.directory, { recursive: true, force: true }).catch(() => {});
    decide();
    onEnd(why);
  };
  const begin = async (): Promise<void> => {
    // mkdtemp makes a directory that only this user may enter.
    life.directory = await mkdtemp(join(tmpdir(), 'meerkat-runtime-probe-'));
    if (life.unwanted) return end('the agent is stopping');
    const child = spawnChild([...command, '--socket', socketIn(life.directory), '--with-parent']);
    life.child = child;
    child.stdout.once('data', () => {
      if (life.state === 'starting') life.state = 'listening';
      decide();
    });
    reportEnd(child, end);
  };
  begin().catch((error: unknown) => end(`the runtime probe cannot be started: ${messageOf(error)}`));
  return life;
}

/** Its pipes and the process itself never keep the agent alive: it ends when its standard input does. */
function spawnChild([program = '', ...args]: readonly string[]): ChildProcessWithoutNullStreams {
  // It needs no variable, and the agent's may hold secrets.
  const child = spawn(program, args, { stdio: 'pipe', env: {}, cwd: '/' });
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
  child.stdin.on('error', () => {});
  return child;
}

function reportEnd(child: ChildProcessWithoutNullStreams, end: (why: string) => void): void {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_LAST_WORDS);
  });
  child.once('error', (error) => end(`the runtime probe cannot be started: ${error.message}`));
  // 'exit' may come before the last line on its standard error, 'close' comes after it.
  child.once('close', (code, signal) => {
    const how = `the runtime probe ended (${signal ?? `exit code ${code}`})`;
    end(said === '' ? how : `${how}: ${said.trim()}`);
  });
}

const socketIn = (directory: string): string => join(directory, 'probe.sock');
