/** Starts children and ends every one of them, whatever became of the test. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Place } from './agents.ts';
import type { ChildReport } from './child.ts';

export interface TestProcess {
  readonly child: ChildProcess;
  /** The first message of the script. */
  readonly hello: unknown;
  signal(signal: NodeJS.Signals): void;
  /** Blocks the event loop right after the next ping left; resolves when it goes on. */
  block(forMs: number): Promise<void>;
  report(): Promise<ChildReport>;
}

const running = new Set<ChildProcess>();

/** Resolves when the script has said that it is ready. */
export async function startScript(script: string, argument: unknown): Promise<TestProcess> {
  const child = fork(join(import.meta.dirname, script), [JSON.stringify(argument)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const [hello] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended before it was ready`))),
  ]);
  return {
    child,
    hello,
    signal: (signal) => void child.kill(signal),
    async block(forMs) {
      child.send({ command: 'block', forMs });
      await once(child, 'message');
    },
    async report() {
      child.send({ command: 'report' });
      const [report] = (await once(child, 'message')) as [ChildReport];
      return report;
    },
  };
}

export const startChild = (own: Place, targets: readonly Place[] = [], paceMs = 1000): Promise<TestProcess> =>
  startScript('child.ts', [own, targets, paceMs]);

export async function killAll(): Promise<void> {
  const children = [...running];
  const exits = children.map((child) => once(child, 'exit'));
  // SIGKILL also ends a stopped process.
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(exits);
}
