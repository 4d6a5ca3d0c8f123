/**
 * Programs of the operator's configuration, as node-problem-detector runs its plugins: without a shell, each with a
 * process group of its own that is killed at the deadline, and whatever is left of the group when the program has ended.
 *
 * Starting a process waits until the kernel has read the program's file, and with it this whole process. A file that lies
 * on a disk that hangs would stop the agent, so its beginning is read before, by a thread that may hang.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { within } from '../../checks/lib/deadline.ts';
import { createGate } from '../../checks/lib/gate.ts';
import type { ProgramRequest, ProgramResult, RunProgram } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import { countOrphans } from './orphans.ts';
import { whyNotToStart } from './program-file.ts';
import { whenAborted } from './runtime-probe/limit.ts';

export interface Programs {
  /** Programs of one run of a check: all of them end with `signal`. */
  runIn(signal: AbortSignal): RunProgram;
  /** Kills all that run. */
  close(): void;
}

/** Of each stream; what follows is read and thrown away, so that a program that says a lot ends all the same. */
const KEPT_BYTES = 4096;
/** Who says more is killed: reading it would cost as much as saying it. */
const MOST_BYTES = 16 * 1024 * 1024;
/** For what a program said last, where others hold its output open. */
const LAST_WORDS_MS = 250;
/** A process that does not die of SIGKILL waits for a disk. */
const DIES_MS = 300;
/** One thread of Node's four may be lost to a disk that hangs. */
const READERS = 1;
const MOST_WAITING = 32;
/** A container may have some thousand processes. */
const MOST_ORPHANS = 100;

/** All that a program is told: the agent's own environment may hold secrets. */
const environment = (node: string): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/',
  LANG: 'C.UTF-8',
  NODE_NAME: node,
});

const NO_INIT = `nothing is started any more: ${MOST_ORPHANS} processes that programs left behind have ended and are not cleared away, because the agent is process 1; run it under an init such as tini, or with shareProcessNamespace`;

export function createPrograms({ node }: { readonly node: string }, clock: Clock): Programs {
  const env = environment(node);
  const gate = createGate(READERS, MOST_WAITING);
  const living = new Set<ChildProcess>();
  /** Commands of which a process does not die: another one would not either. */
  const stuck = new Set<string>();

  async function run({ command, timeoutMs }: ProgramRequest, signal: AbortSignal): Promise<ProgramResult> {
    const [path = '', ...args] = command;
    const key = JSON.stringify(command);
    const startedAt = clock.monotonic();
    const said: Said = { stdout: '', stderr: '' };
    const resultOf = (ending: Ending): ProgramResult => ({
      ...ending,
      ...said,
      durationMs: clock.monotonic() - startedAt,
    });
    if (!path.startsWith('/')) return resultOf(failure(`${path} is no absolute path`));
    if (stuck.has(key)) return resultOf(failure(`an earlier run of ${path} has still not ended`));
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const why = await whyNotToStart(path, gate, deadline);
    if (why !== undefined) return resultOf(failure(why));
    if ((await countOrphans()) >= MOST_ORPHANS) return resultOf(failure(NO_INIT));
    let child: ChildProcess;
    try {
      child = spawn(path, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    } catch (error) {
      return resultOf(failure(notStarted(path, error)));
    }
    living.add(child);
    const ending = await endOf(child, { path, timeoutMs, said, signal, deadline }, () => {
      living.delete(child);
      stuck.delete(key);
    });
    if (living.has(child)) stuck.add(key);
    return resultOf(ending);
  }

  return {
    runIn: (signal) => async (request) => {
      try {
        return await run(request, signal);
      } catch (error) {
        return { ...failure(messageOf(error)), stdout: '', stderr: '', durationMs: 0 };
      }
    },
    close() {
      for (const child of living) killGroup(child);
    },
  };
}

interface Said {
  stdout: string;
  stderr: string;
}

type Ending =
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'failure'; readonly why: string };

const failure = (why: string): Ending & { readonly kind: 'failure' } => ({ kind: 'failure', why });

interface Bounds {
  readonly path: string;
  readonly timeoutMs: number;
  /** Filled while it runs. */
  readonly said: Said;
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
}

/** How it ended; when this resolves nobody of its group runs, but who does not die. */
async function endOf(child: ChildProcess, bounds: Bounds, onGone: () => void): Promise<Ending> {
  const { path, timeoutMs, said, signal, deadline } = bounds;
  const gone = new Promise<Ending>((resolve) => {
    child.once('exit', (code, by) => {
      resolve(code === null ? failure(`${path} was killed by ${by}`) : { kind: 'ended', exitCode: code });
    });
    child.once('error', (error) => resolve(failure(notStarted(path, error))));
  }).finally(onGone);
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const { promise: flood, resolve: onFlood } = Promise.withResolvers<void>();
  listen(child.stdout, (text) => (said.stdout = text), onFlood);
  listen(child.stderr, (text) => (said.stderr = text), onFlood);
  const stopped = Promise.race([
    flood.then(() => `${path} wrote more than ${MOST_BYTES / 1024 / 1024} MiB and was killed`),
    whenAborted(deadline).then(() =>
      signal.aborted ? 'the run ended before the program did' : `${path} did not end within ${timeoutMs / 1000} s`,
    ),
  ]);
  const first = await Promise.race([gone, stopped]);
  killGroup(child);
  if (typeof first !== 'string') {
    await within(closed, LAST_WORDS_MS);
    hangUp(child);
    return first;
  }
  const last = await within(gone, DIES_MS);
  hangUp(child);
  if (last === undefined)
    return failure(`${first} and does not die of SIGKILL: it waits for a disk, or is another user’s`);
  // It ended by itself, and this process was late to notice.
  return last.kind === 'ended' ? last : failure(first);
}

/** Keeps the beginning of what a stream says. */
function listen(stream: Readable | null, keep: (text: string) => void, onFlood: () => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size < KEPT_BYTES) {
      chunks.push(chunk.subarray(0, KEPT_BYTES - size));
      keep(Buffer.concat(chunks).toString('utf8'));
    }
    size += chunk.length;
    if (size > MOST_BYTES) onFlood();
  });
  stream?.on('error', () => {});
}

/** What it left running may hold the other ends for as long as it likes. */
function hangUp({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy();
  stderr?.destroy();
}

/** The group outlives its leader for as long as one of it runs, and its number with it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left, or it became another user's.
  }
}

function notStarted(path: string, error: unknown): string {
  const code = codeOf(error);
  if (code === 'EACCES')
    return `${path} may not be run: it is not executable for the agent’s user (chmod 0755), or its file system is mounted noexec`;
  return `${path} cannot be started: ${messageOf(error)}`;
}
