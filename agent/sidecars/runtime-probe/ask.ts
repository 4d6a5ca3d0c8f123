/** The agent's side of one exchange with the runtime probe. */
import { connect } from 'node:net';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import { codeOf } from '../../base/errors.ts';
import { MAX_ANSWER_BYTES, type Verb, decodeAnswer, encodeRequest } from './protocol.ts';

/** `silent`: it took the request and the signal came first. `failed`: it is not there or talks nonsense. */
export type Asked =
  | { readonly kind: 'answer'; readonly answer: RuntimeProbeAnswer }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly message: string };

/** Never rejects; the connection is gone when it resolves. */
export function ask(socketPath: string, verb: Verb, signal: AbortSignal): Promise<Asked> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'silent' });
    let received = '';
    const socket = connect(socketPath);
    const finish = (asked: Asked): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(asked);
    };
    const onAbort = (): void => finish({ kind: 'silent' });
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(encodeRequest(verb)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length > MAX_ANSWER_BYTES) finish({ kind: 'failed', message: 'its answer is too long' });
    });
    socket.on('error', (error) => finish({ kind: 'failed', message: whyNot(error, socketPath) }));
    socket.on('close', () => finish(read(received)));
  });
}

function read(received: string): Asked {
  if (received === '') return { kind: 'failed', message: 'it closed the connection without an answer' };
  const answer = decodeAnswer(received);
  return answer === undefined
    ? { kind: 'failed', message: 'its answer cannot be understood' }
    : { kind: 'answer', answer };
}

function whyNot(error: Error, socketPath: string): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return `nobody listens on ${socketPath}`;
  if (code === 'EACCES' || code === 'EPERM') return `not permitted to connect to ${socketPath}`;
  return error.message;
}
