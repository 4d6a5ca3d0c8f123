/** Questions that the store process has not answered yet. Each ends within two seconds, whatever happens. */
import type { Clock } from '../base/clock.ts';
import type { StoreAnswer } from '../model/history.ts';
import type { FromProcess } from './messages.ts';

export type Answer = Extract<FromProcess, { kind: 'answer' }>;

export interface PendingQueries {
  /** `send` gets the number to answer with; `read` takes the value out of the answer. */
  ask<T>(send: (id: number) => void, read: (answer: Answer) => T | undefined): Promise<StoreAnswer<T>>;
  settle(answer: Answer): void;
  /** Ends all with `unavailable`. */
  giveUp(message: string): void;
}

const TIMEOUT_MS = 2000;
const MAX_PENDING = 32;

export function createPendingQueries(clock: Clock): PendingQueries {
  const pending = new Map<number, (answer: Answer | string) => void>();
  let last = 0;
  return {
    ask(send, read) {
      if (pending.size >= MAX_PENDING)
        return Promise.resolve(unavailable('the store has too many questions to answer'));
      last += 1;
      const id = last;
      return new Promise((resolve) => {
        const finish = (answer: Answer | string): void => {
          pending.delete(id);
          cancel();
          if (typeof answer === 'string') return resolve(unavailable(answer));
          const value = read(answer);
          if (value === undefined) resolve(unavailable('error' in answer ? answer.error : 'the store gave no answer'));
          else resolve({ kind: 'answer', value });
        };
        const cancel = clock.after(TIMEOUT_MS, () => finish('the store did not answer within 2 s'));
        pending.set(id, finish);
        send(id);
      });
    },
    settle: (answer) => pending.get(answer.id)?.(answer),
    giveUp(message) {
      for (const finish of pending.values()) finish(message);
    },
  };
}

export const unavailable = (message: string): { readonly kind: 'unavailable'; readonly message: string } => ({
  kind: 'unavailable',
  message,
});
