/** The agents of a demo: real ones, each a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { AgentError } from '../../base/errors.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_BYTES,
  CLUSTER_KEY_FILE,
  clusterKeyFrom,
  formatClusterKeys,
} from '../../mesh/identity/cluster-key.ts';
import { ask } from '../lib/client.ts';
import { type DemoNode, configOf } from './plan.ts';

export interface DemoAgents {
  /** Resolves when it serves its page. Rejects with {@link AgentError} `unavailable` when it ends before that. */
  start(node: DemoNode): Promise<void>;
  /** Its process; undefined: it does not run. */
  pidOf(node: DemoNode): number | undefined;
  /** How a person starts this program. */
  readonly meerkat: string;
  /** How a person starts the agent by hand. */
  commandFor(node: DemoNode): string;
  /** Tells all to stop, waits, and kills what is left after 5 s. */
  stop(): Promise<void>;
}

export interface DemoAgentsOptions {
  /** How this program is started, without the command's name. */
  readonly program: readonly string[];
  /** Told when an agent ended that nobody here told to: `killed by SIGKILL`. */
  readonly onEnd: (node: DemoNode, pid: number, how: string) => void;
}

const UP_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 100;
const ASK_TIMEOUT_MS = 1000;
const STOP_WITHIN_MS = 5000;
const LAST_LINES = 8;

/** Makes what every agent finds in its directory: one key for all, and a configuration. */
export async function writeDirectories(nodes: readonly DemoNode[]): Promise<void> {
  const key = formatClusterKeys([clusterKeyFrom(randomBytes(CLUSTER_KEY_BYTES))]);
  const clusterId = randomUUID();
  for (const node of nodes) {
    await mkdir(node.directory, { mode: 0o700 });
    await writeFile(join(node.directory, CLUSTER_KEY_FILE), key, { mode: 0o600 });
    await writeFile(join(node.directory, CLUSTER_ID_FILE), `${clusterId}\n`, { mode: 0o600 });
    await writeFile(node.configFile, configOf(node, nodes), { mode: 0o600 });
  }
}

export function createDemoAgents(
  { program, onEnd }: DemoAgentsOptions,
  { clock }: { readonly clock: Clock },
): DemoAgents {
  const children = new Map<string, ChildProcess>();
  let stopping = false;
  return {
    async start(node) {
      const child = spawnAgent(program, node);
      let isUp = false;
      children.set(node.name, child);
      child.once('error', () => children.delete(node.name));
      child.once('exit', (code, signal) => {
        children.delete(node.name);
        if (isUp && !stopping) onEnd(node, child.pid ?? 0, how(code, signal));
      });
      await untilUp(node, child, clock);
      isUp = true;
    },
    pidOf: (node) => children.get(node.name)?.pid,
    meerkat: program.map(quote).join(' '),
    commandFor: (node) => [...program, 'agent', '--config', node.configFile].map(quote).join(' '),
    async stop() {
      stopping = true;
      const ends = [...children.values()].map(endOf);
      // One that was stopped (SIGSTOP) hears it only when it goes on.
      signalAll(children.values(), 'SIGTERM', 'SIGCONT');
      await Promise.race([Promise.all(ends), clock.sleep(STOP_WITHIN_MS)]);
      signalAll(children.values(), 'SIGKILL');
      await Promise.all(ends);
    },
  };
}

/** In a session of its own: Ctrl-C and Ctrl-Z are for the demo alone. */
function spawnAgent([program = '', ...args]: readonly string[], node: DemoNode): ChildProcess {
  const log = openSync(node.logFile, 'a', 0o600);
  try {
    return spawn(program, [...args, 'agent', '--config', node.configFile], {
      stdio: ['ignore', 'ignore', log],
      detached: true,
      env: { ...environment(), TMPDIR: node.directory },
    });
  } finally {
    closeSync(log);
  }
}

/** What a person configured for the checks holds for the demo too; the rest would be the same for all agents. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^MEERKAT_(?!CHECKS_|LOG_)/.test(name)));

async function untilUp(node: DemoNode, child: ChildProcess, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + UP_WITHIN_MS;
  while (clock.monotonic() < deadline) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      const ended = how(child.exitCode, child.signalCode);
      throw new AgentError('unavailable', `${node.name} ended before it answered (${ended}): ${lastWords(node)}`);
    }
    const answer = await ask({ host: node.address, port: node.port }, '/readyz', ASK_TIMEOUT_MS).catch(() => undefined);
    if (answer?.statusCode === 200) return;
    await clock.sleep(ASK_EVERY_MS);
  }
  throw new AgentError(
    'unavailable',
    `${node.name} did not answer within ${UP_WITHIN_MS / 1000} s: ${lastWords(node)}`,
  );
}

/** The end of its log: a stack has several lines. */
function lastWords({ logFile }: DemoNode): string {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-LAST_LINES);
  return lines.join('') === '' ? 'it said nothing.' : `\n${lines.join('\n')}`;
}

const how = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
  });

function signalAll(children: Iterable<ChildProcess>, ...signals: readonly NodeJS.Signals[]): void {
  for (const child of children) for (const signal of signals) child.kill(signal);
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
