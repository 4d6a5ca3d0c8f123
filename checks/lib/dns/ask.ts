/** One question to one DNS server, twice where an answer does not come, each time on a socket of its own. RFC 1035, section 4.2. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskDns, CheckClock, DnsRequest, DnsResult, FetchFailure } from '../../types.ts';
import { classifyError } from '../fetch-failure.ts';
import { hostAndPort } from '../place.ts';
import { type Answer, decodeAnswer, encodeQuestion } from './message.ts';

/**
 * After this share of the time it is asked again, from another port: a datagram may be lost, and behind the address of a
 * Service another server may get the second one.
 */
const AGAIN_AFTER_SHARE = 0.4;
const ATTEMPTS = 2;
/** A deadline that fires this late tells of this process, not of the server. */
const LATE_MS = 200;
const MAX_MESSAGE_BYTES = 65_535;
/** A message over TCP begins with its length. */
const LENGTH_BYTES = 2;

interface Failed {
  readonly failure: FetchFailure;
  readonly message: string;
}
type End = (Answer & { readonly durationMs: number }) | Failed;
type Finish = (end: Answer | Failed) => void;

/** Binds questions to one run: all of them end with `signal`. */
export function createAskDns(signal: AbortSignal, clock: CheckClock): AskDns {
  return (request) =>
    new Promise((resolve) => {
      const startedAt = clock.monotonic();
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
      const open: (() => void)[] = [];
      const waiting = new AbortController();
      let [attempts, failures] = [0, 0];
      const finish = (end: End): void => {
        deadline.removeEventListener('abort', onAbort);
        waiting.abort();
        for (const close of open.splice(0)) close();
        resolve(resultOf(end, request));
      };
      const onAbort = (): void => {
        const lateMs = clock.monotonic() - startedAt - request.timeoutMs;
        if (signal.aborted) finish({ failure: 'aborted', message: 'the run ended before the answer came' });
        else if (lateMs > LATE_MS)
          finish({ failure: 'aborted', message: `this process was held up for ${Math.round(lateMs)} ms` });
        else finish({ failure: 'timeout', message: `no answer within ${request.timeoutMs} ms` });
      };
      const attempt = (): void => {
        if (deadline.aborted || waiting.signal.aborted || attempts === ATTEMPTS) return;
        attempts += 1;
        const askedAt = clock.monotonic();
        let isOver = false;
        const take: Finish = (end) => {
          if (isOver) return;
          isOver = true;
          if (!('failure' in end)) return finish({ ...end, durationMs: clock.monotonic() - askedAt });
          failures += 1;
          if (failures === ATTEMPTS) finish(end);
          else attempt();
        };
        try {
          open.push((request.protocol === 'udp' ? askByDatagram : askByStream)(request, take));
        } catch (error) {
          take(classifyError(error));
        }
      };
      if (deadline.aborted) return onAbort();
      deadline.addEventListener('abort', onAbort, { once: true });
      attempt();
      sleep(request.timeoutMs * AGAIN_AFTER_SHARE, undefined, { signal: waiting.signal }).then(attempt, () => {});
    });
}

function resultOf(end: End, { server, port }: DnsRequest): DnsResult {
  if (!('failure' in end)) return { kind: 'answer', ...end };
  return { kind: 'failure', failure: end.failure, message: `${hostAndPort(server, port)}: ${end.message}` };
}

/** Returns how to end it. */
function askByDatagram({ server, port, name, type }: DnsRequest, finish: Finish): () => void {
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
  const fail = (error: unknown): void => finish(classifyError(error));
  const id = randomInt(65_536);
  let isOpen = true;
  socket.on('error', fail);
  socket.on('message', (message) => {
    const answer = decodeAnswer(message, { id, name, type });
    // Anything else may be forged, or late.
    if (answer !== undefined) finish(answer);
  });
  // Connected, so that it takes from nobody else and hears of a port where nobody listens.
  socket.connect(port, server, (error?: Error) => {
    if (error) return fail(error);
    socket.send(encodeQuestion({ id, name, type }), (unsent) => unsent && fail(unsent));
  });
  return () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
}

/** Returns how to end it. */
function askByStream({ server, port, name, type }: DnsRequest, finish: Finish): () => void {
  const socket = connect(port, server);
  const id = randomInt(65_536);
  const question = encodeQuestion({ id, name, type });
  let received = Buffer.alloc(0);
  socket.on('error', (error) => finish(classifyError(error)));
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
