/** The agent's side of a knock: it asks the responder of its node, and waits for the word. */
import type { SeenFromPod } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { encodeFrame } from './frame.ts';
import type { Signer } from './keys.ts';
import { KNOCK_MS } from './knocks.ts';
import { decodeKnocked, encodeKnock } from './messages.ts';

/** How the responder that called last is answered. */
export interface Caller {
  /** Of its call: nobody else knows it, and it is good for one knock. */
  readonly nonce: string;
  readonly signer: Signer;
  readonly reply: (bytes: Uint8Array) => void;
}

export interface KnockRequests {
  /** Undefined: it did not say, because it may not, was asked a moment ago, or is gone. Never rejects. */
  ask(caller: Caller, address: string, signal: AbortSignal): Promise<SeenFromPod | undefined>;
  /** Takes in a word of a responder. */
  take(nonce: string, body: Uint8Array): void;
}

const ANSWER_MS = KNOCK_MS + 200;

export function createKnockRequests(clock: Clock): KnockRequests {
  const open = new Map<string, (said: SeenFromPod | undefined) => void>();
  return {
    ask({ nonce, signer, reply }, address, signal) {
      if (signal.aborted || open.has(nonce)) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const finish = (said: SeenFromPod | undefined): void => {
          cancel();
          signal.removeEventListener('abort', onAbort);
          open.delete(nonce);
          resolve(said);
        };
        const onAbort = (): void => finish(undefined);
        const cancel = clock.after(ANSWER_MS, onAbort);
        signal.addEventListener('abort', onAbort, { once: true });
        open.set(nonce, finish);
        reply(encodeFrame({ kind: 'knock', nonce, body: encodeKnock(address) }, signer));
      });
    },
    take(nonce, body) {
      const heard = decodeKnocked(body);
      if (heard !== undefined) open.get(nonce)?.(heard ? 'answered' : 'silent');
    },
  };
}
