/**
 * `/meerkat/ask/1`: one question to one agent, and its answer, on a stream of their own.
 *
 *     1. A   QUESTION (JSON `[subject, question]`)
 *     2. B   PART …, LAST (the answer's JSON in pieces; each but the last is full)   or REFUSED (why) alone
 *
 * The first byte of a frame is its kind. What B refuses it says with one more byte, of which an unknown one means `refused`.
 * An agent without the protocol does not know its name, which is an answer, too.
 */
import { ASK_MS, MAX_QUESTION_BYTES } from '../../model/questions.ts';
import type { Rate } from '../records/token-bucket.ts';

export const ASK_PROTOCOL = '/meerkat/ask/1';

export const FRAME = { question: 1, part: 2, last: 3, refused: 4 } as const;

/** Why an agent does not answer, as it stands on the wire. */
export const REFUSALS = { busy: 1, unsupported: 2, refused: 3, 'too-long': 4, timeout: 5 } as const;
export type Refusal = keyof typeof REFUSALS;

export const MAX_FRAME_BYTES = 64 * 1024;
/** Of an answer in one frame, beside the kind. */
export const PART_BYTES = MAX_FRAME_BYTES - 1;
/** With its subject and the brackets. */
export const MAX_QUESTION_FRAME_BYTES = MAX_QUESTION_BYTES + 64;

export const SUBJECT = /^[a-z][a-z0-9-]{0,31}$/;

/** Of an agent that asks, at a time: of all together, and of one. */
export const MAX_ASKED = 16;
export const MAX_ASKED_OF_ONE = 2;
/** Of an agent that answers, at a time; each answer is up to a MiB, twice while it is written. */
export const MAX_ANSWERED = 8;
export const MAX_ANSWERED_TO_ONE = 4;

/** Who asks keeps below what the other allows, and far below what is held against who opens streams without end. */
export const ASKING: Rate = { burst: 30, perSecond: 3 };
export const ANSWERING: Rate = { burst: 40, perSecond: 4 };

export const FRAME_LIMITS = { maxFrameBytes: MAX_FRAME_BYTES, maxBufferedBytes: 2 * MAX_FRAME_BYTES } as const;
/** A question is on its way when its stream is opened: who opens streams and asks nothing takes nobody's place for long. */
export const QUESTION_MS = 2000;
/** So long whoever answers may take to find it: an answer that comes when nobody waits any more is of no use. */
export const ANSWER_MS = ASK_MS - 2000;
/** Streams beyond those that are answered are told so. */
export const STREAM_LIMITS = {
  ...FRAME_LIMITS,
  maxStreamsPerPeer: 2 * MAX_ANSWERED_TO_ONE,
  deadlineMs: ASK_MS - 1000,
} as const;
