/** Members in processes of their own, so that they can be killed and frozen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Member {
  readonly peerId: string;
  readonly address: string;
  readonly process: ChildProcess;
  readonly heard: Set<string>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves to the exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
}

export async function startMember(seed: number, addresses: readonly string[] = []): Promise<Member> {
  const script = new URL('member.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, String(seed), ...addresses], { stdio: ['ignore', 'pipe', 'inherit'] });
  const heard = new Set<string>();
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<string[]>((resolve) => {
    lines.on('line', (line) => {
      const [kind, ...rest] = line.split(' ');
      if (kind === 'ready') resolve(rest);
      if (kind === 'heard') heard.add(rest.join(' '));
    });
  });
  const [peerId = '', address = ''] = await ready;
  return {
    peerId,
    address,
    process: child,
    heard,
    kill: (signal) => void child.kill(signal),
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode ?? child.signalCode;
    },
  };
}
