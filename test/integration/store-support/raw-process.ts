/** The store process spoken to directly, without the agent's side of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromProcess, ToProcess } from '../../../agent/store/messages.ts';

export const STORE_MODULE = fileURLToPath(new URL('../../../agent/store/child.ts', import.meta.url));

type Kind = FromProcess['kind'];

export interface RawProcess {
  readonly child: ChildProcess;
  readonly received: readonly FromProcess[];
  send(message: ToProcess): void;
  onMessage(listener: (message: FromProcess) => void): void;
  /** The next message of this kind, from now on. */
  next<K extends Kind>(kind: K): Promise<Extract<FromProcess, { kind: K }>>;
  /** Kills it and waits until it is gone. */
  kill(): Promise<void>;
}

export function startRawProcess(): RawProcess {
  const child = fork(STORE_MODULE, [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'ignore'],
  });
  const received: FromProcess[] = [];
  const ended = once(child, 'exit');
  child.on('message', (message) => received.push(message as FromProcess));
  return {
    child,
    received,
    send: (message) => void child.send(message, () => {}),
    onMessage: (listener) => void child.on('message', listener),
    next: (kind) =>
      new Promise((resolve, reject) => {
        const look = (message: FromProcess): void => {
          if (message.kind !== kind) return;
          child.off('message', look);
          resolve(message as never);
        };
        child.on('message', look);
        child.once('exit', () => reject(new Error(`the store process ended before it said ${kind}`)));
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Opens the database in `directory`; the answer is `opened` or `trouble`. */
export async function openRaw(
  raw: RawProcess,
  directory: string,
  maxBytes = 64 * 1024 * 1024,
): Promise<Extract<FromProcess, { kind: 'opened' | 'trouble' }>> {
  const answer = Promise.race([raw.next('opened'), raw.next('trouble')]);
  raw.send({ kind: 'open', options: { directory, maxBytes, eventDays: 30 }, trust: 'usual', mesh: true });
  return answer;
}
