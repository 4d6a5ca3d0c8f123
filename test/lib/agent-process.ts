/** A real agent in a process of its own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface AgentProcess {
  readonly url: string;
  readonly pid: number;
  readonly dataDirectory: string;
  /** Standard error so far: the log's lines. */
  log(): string;
  /** Asks for JSON. Rejects when there is no answer within 5 s. */
  json<T>(path: string): Promise<T>;
  text(path: string): Promise<{ readonly status: number; readonly body: string }>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends it, however it is, and removes what it wrote. */
  cleanUp(): Promise<void>;
}

export interface AgentProcessOptions {
  /** Flags after `agent`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Kept when the process ends, so that the next agent finds it. */
  readonly dataDirectory?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Default: 127.0.0.1. Empty: all. */
  readonly address?: string;
  /** Instead of `agent/main.ts agent`. */
  readonly script?: string;
}

/** How busy this machine is and how slow its disk, is the subject of no test that does not say so. */
const CALM = {
  MEERKAT_CHECKS_CPU_PRESSURE_ENABLED: 'false',
  MEERKAT_CHECKS_MEMORY_PRESSURE_ENABLED: 'false',
  // What another test does to a disk, or the hypervisor to all of them, the kernel remembers.
  MEERKAT_CHECKS_KERNEL_ENABLED: 'false',
  // Agents of several tests run at once, and each address has one port for peers.
  MEERKAT_MESH_ENABLED: 'false',
};

/** What tests are asked for is no setting of an agent, which does not start with one that it does not know. */
const { MEERKAT_LONG: _long, MEERKAT_SEED: _seed, ...ENVIRONMENT } = process.env;

const ROOT = resolve(import.meta.dirname, '../..');

/** With the log so far. */
const started = new Map<ChildProcess, () => string>();
// Also those of a test that timed out while it started them.
process.once('exit', () => started.forEach((_log, child) => child.kill('SIGKILL')));

/** Starts an agent on a free port and waits until it answers. Rejects with its log when it ends before that. */
export async function startAgentProcess(options: AgentProcessOptions = {}): Promise<AgentProcess> {
  const own = options.dataDirectory === undefined ? mkdtempSync(join(tmpdir(), 'meerkat-test-')) : undefined;
  const dataDirectory = options.dataDirectory ?? own ?? '';
  const command = options.script === undefined ? [join(ROOT, 'agent/main.ts'), 'agent'] : [options.script];
  const port = String(options.port ?? 0);
  const flags = [
    '--http.port',
    port,
    '--http.address',
    options.address ?? '127.0.0.1',
    '--data-directory',
    dataDirectory,
  ];
  const child = spawn(process.execPath, [...command, ...flags, ...(options.args ?? [])], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, ...CALM, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  started.set(child, () => log);
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  const ended = new Promise<Awaited<AgentProcess['ended']>>((done) => {
    child.once('exit', (code, signal) => {
      started.delete(child);
      done({ code, signal });
    });
  });
  const url = await firstUrl(child, () => log);
  const ask = (path: string, accept: string): Promise<Response> =>
    fetch(new URL(path, url), { headers: { accept }, signal: AbortSignal.timeout(5000) });
  return {
    url,
    pid: child.pid ?? 0,
    dataDirectory,
    ended,
    log: () => log,
    json: async <T>(path: string) => (await (await ask(path, 'application/json')).json()) as T,
    text: async (path) => {
      const response = await ask(path, 'text/plain');
      return { status: response.status, body: await response.text() };
    },
    kill: (signal) => void child.kill(signal),
    async cleanUp() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGCONT');
        child.kill('SIGKILL');
        await ended;
      }
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}

function firstUrl(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((done, fail) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const url = /https?:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) done(url);
    });
    child.once('exit', (code, signal) => {
      fail(new Error(`the agent ended with ${code ?? signal} before it answered:\n${said}${log()}`));
    });
  });
}

const LAST_LINES = 5;

/** What each agent that runs logged last: whoever reads a failure cannot ask them any more. */
const lastWords = (): string =>
  [...started]
    .map(([child, log]) =>
      [child.spawnargs.slice(1).join(' '), ...log().trim().split('\n').slice(-LAST_LINES)].join('\n  '),
    )
    .join('\n');

/** Asks again and again until `check` accepts the answer; fails with the last answer after `withinMs`. */
export async function eventually<T>(
  ask: () => Promise<T>,
  check: (answer: T) => boolean,
  withinMs: number,
): Promise<T> {
  const end = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (check(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  const said = JSON.stringify(last) ?? String(last);
  throw new Error(`not within ${withinMs} ms; the last answer was ${said}\n${lastWords()}`);
}
