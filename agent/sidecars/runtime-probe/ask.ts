/** The agent's side of one exchange with the runtime probe. */
import { connect } from 'node:net';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import { codeOf } from '../../base/errors.ts';
import type { AskPod } from './pod-network.ts';
import {
  MAX_ANSWER_BYTES,
  type Verb,
  decodeAnswer,
  decodeAttached,
  encodeRequest,
  encodeSeen,
  isInTheMiddle,
} from './protocol.ts';

/** `silent`: it took the request and the signal came first. `failed`: it is not there or talks nonsense. */
export type Asked =
  | { readonly kind: 'answer'; readonly answer: RuntimeProbeAnswer }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly message: string };

/** Nobody is asked. */
const NO_POD: AskPod = async () => undefined;

/**
 * Never rejects; the connection is gone when it resolves.
 *
 * @param askPod what the probe wants to know in the middle of `network`
 */
export function ask(socketPath: string, verb: Verb, signal: AbortSignal, askPod = NO_POD): Promise<Asked> {
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
    const onLine = (line: string): void => {
      const addresses = decodeAttached(line);
      if (addresses === undefined) return;
      void askPod(addresses, signal).then((seen) => {
        if (!socket.destroyed) socket.write(encodeSeen(seen));
      });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(encodeRequest(verb)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length > MAX_ANSWER_BYTES) return finish({ kind: 'failed', message: 'its answer is too long' });
      for (let end = received.indexOf('\n'); end >= 0; end = received.indexOf('\n')) {
        const line = received.slice(0, end);
        if (!isInTheMiddle(line)) return;
        received = received.slice(end + 1);
        onLine(line);
      }
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
