/** Programs that are run to their end, always within a bound. */
import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly input?: string;
  /** Then it is killed. Default: 20 000. */
  readonly timeoutMs?: number;
  /** The command in the error's words. Default: the program with its arguments. */
  readonly label?: string;
}

/** Resolves to the standard output. Rejects with the command and its standard error when it fails, or is late. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs = 20_000, label = [program, ...args].join(' ') } = options;
  return new Promise((done, fail) => {
    const settings = { killSignal: 'SIGKILL', maxBuffer: 16_777_216, env: withSystemPath() } as const;
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      clearTimeout(timer);
      if (error === null) done(stdout);
      else fail(new Error(`${label}: ${stderr.trim() || error.message}`, { cause: error }));
    });
    // Whoever waits for a frozen disk does not end by a signal: nobody waits for that.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`${label}: not done within ${timeoutMs} ms`));
    }, timeoutMs);
    // A program that ends without reading its input closes the pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** Like `run`, but a failure is no answer. */
export const tryRun = (program: string, args: readonly string[], options: RunOptions = {}): Promise<string> =>
  run(program, args, options).catch(() => '');

/**
 * The environment with the directories of system programs, and without the word that asks for the long tests: an agent
 * starts with no setting that it does not know.
 */
export function withSystemPath(): NodeJS.ProcessEnv {
  const { MEERKAT_LONG: _, ...env } = process.env;
  return { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
}

/** Asks every 20 ms until `check` accepts the answer; false when it did not within `timeoutMs`. */
export async function waitUntil(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await check()) return true;
    if (performance.now() >= end) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
}
