/** Asks other agents, each question on a stream of its own. */
import type { Clock } from '../../base/clock.ts';
import { ASK_MS, type AskFailure } from '../../model/questions.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import type { FrameStream, OpenFailure, Transport } from '../transport/types.ts';
import { createAllowance } from './allowance.ts';
import { createAnswerReader, encodeQuestion } from './frames.ts';
import { ASKING, ASK_PROTOCOL, FRAME_LIMITS, MAX_ASKED, MAX_ASKED_OF_ONE } from './protocol.ts';
import type { Visits } from './visits.ts';

export interface AskingDeps {
  readonly transport: Pick<Transport, 'open'>;
  readonly clock: Clock;
  readonly visits: Pick<Visits, 'to'>;
  /** The peer did what no agent does. */
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
}

export type Asked =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly why: AskFailure };

export interface AskingCounts {
  readonly answers: number;
  readonly failed: Readonly<Partial<Record<AskFailure, number>>>;
}

export interface Asking {
  /** Never rejects for what peers do. */
  ask(peerId: string, subject: string, question: unknown, signal?: AbortSignal): Promise<Asked>;
  counts(): AskingCounts;
  /** Ends those that are under way. */
  stop(): void;
}

export function createAsking(deps: AskingDeps): Asking {
  const { clock } = deps;
  const allowance = createAllowance({ clock, max: MAX_ASKED, maxOfOne: MAX_ASKED_OF_ONE, rate: ASKING });
  const failed: Partial<Record<AskFailure, number>> = {};
  const stopped = new AbortController();
  let answers = 0;

  async function within(peerId: string, frame: Uint8Array, outer: AbortSignal | undefined): Promise<Asked> {
    const giveBack = allowance.take(peerId);
    if (giveBack === undefined) return { kind: 'failed', why: 'busy' };
    const controller = new AbortController();
    const late = new AbortController();
    const cancel = clock.after(ASK_MS, () => late.abort());
    const signals = [stopped.signal, late.signal, ...(outer === undefined ? [] : [outer])];
    const abort = (): void => controller.abort();
    for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
    if (signals.some((signal) => signal.aborted)) abort();
    try {
      const asked = await exchange(peerId, frame, controller.signal, deps);
      // What ended because of one of these looks like many things.
      if (asked.kind === 'answer' || !controller.signal.aborted) return asked;
      return { kind: 'failed', why: late.signal.aborted ? 'timeout' : 'aborted' };
    } finally {
      cancel();
      for (const signal of signals) signal.removeEventListener('abort', abort);
      giveBack();
    }
  }

  return {
    async ask(peerId, subject, question, signal) {
      const frame = encodeQuestion({ subject, question });
      const isTooLong = frame === undefined;
      const asked: Asked = isTooLong ? { kind: 'failed', why: 'too-long' } : await within(peerId, frame, signal);
      if (asked.kind === 'answer') answers += 1;
      else failed[asked.why] = (failed[asked.why] ?? 0) + 1;
      return asked;
    },
    counts: () => ({ answers, failed: { ...failed } }),
    stop: () => stopped.abort(),
  };
}

const FAULTS: Readonly<Record<OpenFailure, AskFailure>> = {
  'not-connected': 'not-connected',
  unsupported: 'unsupported',
  aborted: 'aborted',
  closed: 'closed',
};

async function exchange(peerId: string, frame: Uint8Array, signal: AbortSignal, deps: AskingDeps): Promise<Asked> {
  const leave = await deps.visits.to(peerId, signal);
  if (leave === undefined) return { kind: 'failed', why: 'not-connected' };
  let stream: FrameStream | undefined;
  try {
    const opened = await deps.transport.open(peerId, ASK_PROTOCOL, FRAME_LIMITS, signal);
    if (opened.kind === 'failed') return { kind: 'failed', why: FAULTS[opened.why] };
    stream = opened.stream;
    if ((await stream.send(frame, signal)) !== 'sent') return { kind: 'failed', why: 'closed' };
    return await readAnswer(stream, signal, deps);
  } finally {
    // The answer is complete, or nobody wants the rest.
    stream?.abort();
    leave();
  }
}

async function readAnswer(stream: FrameStream, signal: AbortSignal, { onMisdeed }: AskingDeps): Promise<Asked> {
  const read = createAnswerReader();
  for (;;) {
    const received = await stream.receive(signal);
    if (received.kind === 'failed' && received.why === 'too-large') {
      onMisdeed(stream.peerId, 'oversize');
      return { kind: 'failed', why: 'malformed' };
    }
    if (received.kind !== 'frame') return { kind: 'failed', why: 'closed' };
    const reading = read(received.bytes);
    if (reading.kind === 'answer') return reading;
    if (reading.kind === 'refused') return { kind: 'failed', why: reading.why };
    if (reading.kind === 'more') continue;
    onMisdeed(stream.peerId, 'malformed');
    return { kind: 'failed', why: 'malformed' };
  }
}
