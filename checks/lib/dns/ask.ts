/** One question to one DNS server, on a socket of its own. RFC 1035, section 4.2. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskDns, CheckClock, DnsRequest, DnsResult, FetchFailure } from '../../types.ts';
import { classifyError } from '../fetch-failure.ts';
import { type Answer, decodeAnswer, encodeQuestion } from './message.ts';

/** A datagram may be lost: after this share of the time it is sent once more. */
const AGAIN_AFTER_SHARE = 0.4;
const MAX_MESSAGE_BYTES = 65_535;
/** A message over TCP begins with its length. */
const LENGTH_BYTES = 2;

type Finish = (end: Answer | { readonly failure: FetchFailure; readonly message: string }) => void;

/** Binds questions to one run: all of them end with `signal`. */
export function createAskDns(signal: AbortSignal, clock: CheckClock): AskDns {
  return (request) =>
    new Promise((resolve) => {
      const startedAt = clock.monotonic();
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
      const place = `${request.server.includes(':') ? `[${request.server}]` : request.server}:${request.port}`;
      let close: (() => void) | undefined;
      const finish: Finish = (end) => {
        deadline.removeEventListener('abort', onAbort);
        close?.();
        resolve(resultOf(end, place, clock.monotonic() - startedAt));
      };
      const onAbort = (): void =>
        finish(
          signal.aborted
            ? { failure: 'aborted', message: 'the run ended before the answer came' }
            : { failure: 'timeout', message: `no answer within ${request.timeoutMs} ms` },
        );
      if (deadline.aborted) return onAbort();
      deadline.addEventListener('abort', onAbort, { once: true });
      const id = randomInt(65_536);
      close = (request.protocol === 'udp' ? askByDatagram : askByStream)(request, id, finish);
    });
}

function resultOf(end: Parameters<Finish>[0], place: string, durationMs: number): DnsResult {
  if (!('failure' in end)) return { kind: 'answer', ...end, durationMs };
  return { kind: 'failure', failure: end.failure, message: `${place}: ${end.message}` };
}

const thrown = (error: unknown): { readonly failure: FetchFailure; readonly message: string } => classifyError(error);

/** Returns how to end it. */
function askByDatagram({ server, port, name, type, timeoutMs }: DnsRequest, id: number, finish: Finish): () => void {
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
  const question = encodeQuestion({ id, name, type });
  const send = (): void => socket.send(question, (error) => error && finish(thrown(error)));
  const waiting = new AbortController();
  sleep(timeoutMs * AGAIN_AFTER_SHARE, undefined, { signal: waiting.signal }).then(send, () => {});
  let isOpen = true;
  // Connected, so that it takes from nobody else and hears of a port where nobody listens.
  socket.on('error', (error) => finish(thrown(error)));
  socket.on('message', (message) => {
    const answer = decodeAnswer(message, { id, name, type });
    // Anything else may be forged, or late.
    if (answer !== undefined) finish(answer);
  });
  socket.connect(port, server, (error?: Error) => (error ? finish(thrown(error)) : send()));
  return () => {
    waiting.abort();
    if (isOpen) socket.close();
    isOpen = false;
  };
}

/** Returns how to end it. */
function askByStream({ server, port, name, type }: DnsRequest, id: number, finish: Finish): () => void {
  const socket = connect(port, server);
  const question = encodeQuestion({ id, name, type });
  let received = Buffer.alloc(0);
  socket.on('error', (error) => finish(thrown(error)));
  socket.on('close', () => finish({ failure: 'reset', message: 'it closed the connection without an answer' }));
  socket.once('connect', () => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(question.length);
    socket.write(Buffer.concat([length, question]));
  });
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]).subarray(0, LENGTH_BYTES + MAX_MESSAGE_BYTES);
    if (received.length < LENGTH_BYTES) return;
    const end = LENGTH_BYTES + received.readUInt16BE();
    if (received.length < end) return;
    const answer = decodeAnswer(received.subarray(LENGTH_BYTES, end), { id, name, type });
    finish(answer ?? { failure: 'other', message: 'its answer cannot be understood' });
  });
  return () => socket.destroy();
}
