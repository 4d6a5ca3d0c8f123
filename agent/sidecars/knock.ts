/** Asks at an address whether anybody is there. */
import { connect } from 'node:net';
import { codeOf } from '../base/errors.ts';

/** Asks whether somebody is at an address. Undefined: yes, who refuses is there too; else why not. Ends with its signal. */
export type KnockAt = (address: string, signal: AbortSignal) => Promise<string | undefined>;

/** RFC 863, discard: nobody listens there, and a kernel that has the address says so. */
const PORT = 9;
/** The connection was taken or refused by whoever has the address. */
const ANSWERS = new Set(['ECONNREFUSED', 'ECONNRESET']);

export const knockAt: KnockAt = (address, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve('no time to ask');
    const socket = connect({ host: address, port: PORT });
    const finish = (why: string | undefined): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(why);
    };
    const onAbort = (): void => finish('no answer');
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => finish(undefined));
    socket.on('error', (error) => {
      const code = codeOf(error) ?? '';
      finish(ANSWERS.has(code) ? undefined : code === '' ? error.message : code);
    });
  });
