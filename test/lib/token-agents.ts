/** Whole agents on loopback addresses that share a key, and the person who may tell them something. */
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentProcess, eventually, startAgentProcess } from './agent-process.ts';

export interface TokenAgents {
  readonly running: Map<string, AgentProcess>;
  /** @throws where none runs under that name */
  readonly agent: (name: string) => AgentProcess;
  /** Of its mesh. */
  readonly addressOf: (name: string) => string;
  /** The first of the names makes the key, and is the seed of the others. `more`: flags besides. */
  readonly start: (name: string, more?: readonly string[]) => Promise<void>;
  /** Runs a command of `meerkat` against one of them, as whoever has the token. */
  readonly command: (at: string, args: readonly string[]) => Promise<{ readonly code: number; readonly text: string }>;
}

/**
 * @param root a directory of the test's own, with the file `token`
 * @param firstNet the second number of the addresses: tests run at the same time, and each needs seventy of its own
 * @param httpPort where all of them serve, each on its own address; by default each has a port of its own on 127.0.0.1
 */
export function createTokenAgents(
  root: string,
  names: readonly string[],
  firstNet: number,
  httpPort?: number,
): TokenAgents {
  const net = `127.${firstNet + (process.pid % 70)}.${(process.pid >> 7) % 250}`;
  const addressOf = (name: string): string => `${net}.${names.indexOf(name) + 1}`;
  const tokenFile = join(root, 'token');
  const [first = ''] = names;
  const running = new Map<string, AgentProcess>();
  const agent = (name: string): AgentProcess => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`there is no agent ${name}`);
    return found;
  };
  return {
    running,
    agent,
    addressOf,
    async start(name, more = []) {
      const dataDirectory = join(root, name);
      const seeds = name === first ? [] : ['--mesh.seeds', addressOf(first)];
      const args = [
        '--node.name',
        name,
        '--mesh.addresses',
        addressOf(name),
        '--http.token-file',
        tokenFile,
        ...seeds,
        ...more,
      ];
      const place = httpPort === undefined ? {} : { address: addressOf(name), port: httpPort };
      running.set(
        name,
        await startAgentProcess({ args, dataDirectory, ...place, env: { MEERKAT_MESH_ENABLED: 'true' } }),
      );
      if (name === first) return;
      const admit = (): void => {
        for (const file of ['cluster.key', 'cluster.id'])
          copyFileSync(join(root, first, file), join(dataDirectory, file));
      };
      // The first one makes the key after it has begun to answer.
      await eventually(
        async () => admit(),
        () => true,
        20_000,
      );
    },
    command: (at, args) =>
      new Promise((resolve) => {
        const target = ['--port', new URL(agent(at).url).port, '--token-file', tokenFile];
        execFile(process.execPath, ['agent/main.ts', ...args, ...target], (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr });
        });
      }),
  };
}
