/** Answers what other agents ask, within bounds whatever they send. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Asker, QuestionHandler } from '../../model/questions.ts';
import { Malformed } from '../../model/read.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import type { FrameStream, Transport } from '../transport/types.ts';
import { waitUntil } from '../transport/wait.ts';
import { createAllowance } from './allowance.ts';
import { type Question, decodeQuestion, encodeAnswer, encodeRefusal } from './frames.ts';
import {
  ANSWERING,
  ANSWER_MS,
  ASK_PROTOCOL,
  MAX_ANSWERED,
  MAX_ANSWERED_TO_ONE,
  MAX_QUESTION_FRAME_BYTES,
  QUESTION_MS,
  type Refusal,
  STREAM_LIMITS,
} from './protocol.ts';

export interface AnsweringDeps {
  readonly transport: Pick<Transport, 'handle'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  readonly nameOf: (peerId: string) => string | undefined;
  readonly handlerOf: (subject: string) => QuestionHandler | undefined;
  /** The peer did what no agent does. */
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
  /** Somebody asks, well or not. */
  readonly onAsked: (peerId: string) => void;
}

export interface AnsweringCounts {
  readonly answered: number;
  /** Too many at a time, on no subject that is known here, or not to be read. */
  readonly refused: number;
}

export interface Answering {
  counts(): AnsweringCounts;
  /** Nobody is answered any more. */
  stop(): void;
}

export function createAnswering(deps: AnsweringDeps): Answering {
  const allowance = createAllowance({
    clock: deps.clock,
    max: MAX_ANSWERED,
    maxOfOne: MAX_ANSWERED_TO_ONE,
    rate: ANSWERING,
  });
  const counts = { answered: 0, refused: 0 };
  let isStopped = false;
  deps.transport.handle(ASK_PROTOCOL, STREAM_LIMITS, async (stream, signal) => {
    deps.onAsked(stream.peerId);
    const giveBack = isStopped ? undefined : allowance.take(stream.peerId);
    if (giveBack === undefined) {
      counts.refused += 1;
      await stream.send(encodeRefusal('busy'), signal);
      return;
    }
    try {
      const isAnswered = await serveOne(stream, signal, deps);
      counts[isAnswered ? 'answered' : 'refused'] += 1;
    } finally {
      giveBack();
    }
  });
  return {
    counts: () => ({ ...counts }),
    stop: () => void (isStopped = true),
  };
}

/** Whether there was an answer. */
async function serveOne(stream: FrameStream, signal: AbortSignal, deps: AnsweringDeps): Promise<boolean> {
  const { peerId } = stream;
  const cancel = deps.clock.after(QUESTION_MS, () => stream.abort());
  const received = await stream.receive(signal);
  cancel();
  if (received.kind !== 'frame') {
    if (received.kind === 'failed' && received.why === 'too-large') deps.onMisdeed(peerId, 'oversize');
    stream.abort();
    return false;
  }
  const asked = decodeQuestion(received.bytes);
  if (asked === undefined) {
    deps.onMisdeed(peerId, received.bytes.length > MAX_QUESTION_FRAME_BYTES ? 'oversize' : 'malformed');
    stream.abort();
    return false;
  }
  const answer = await answerTo(asked, peerId, deps);
  const frames = typeof answer === 'string' ? [encodeRefusal(answer)] : answer;
  for (const frame of frames) if ((await stream.send(frame, signal)) !== 'sent') return false;
  return typeof answer !== 'string';
}

async function answerTo(
  { subject, question }: Question,
  peerId: string,
  { handlerOf, nameOf, clock, log }: AnsweringDeps,
): Promise<readonly Uint8Array[] | Refusal> {
  const handler = handlerOf(subject);
  if (handler === undefined) return 'unsupported';
  const node = nameOf(peerId);
  const from: Asker = { peerId, ...(node !== undefined && { node }) };
  const late = new AbortController();
  const cancel = clock.after(ANSWER_MS, () => late.abort());
  try {
    // One that does not come back holds up nobody else.
    const isLate = waitUntil(() => {}, late.signal).then(() => undefined);
    const value = await Promise.race([handler(question, from, late.signal), isLate]);
    if (late.signal.aborted) return 'timeout';
    return value === undefined ? 'refused' : (encodeAnswer(value) ?? 'too-long');
  } catch (error) {
    // A defect of ours must not let a peer end this agent.
    if (!(error instanceof Malformed))
      log.error({ err: messageOf(error), subject }, 'a question could not be answered');
    return 'refused';
  } finally {
    cancel();
  }
}
