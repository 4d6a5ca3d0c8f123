/** The frames of a question and its answer. What a peer wrote is checked here; nothing throws for it. */
import { MAX_ANSWER_BYTES, MAX_QUESTION_BYTES } from '../../model/questions.ts';
import { FRAME, MAX_QUESTION_FRAME_BYTES, PART_BYTES, REFUSALS, type Refusal, SUBJECT } from './protocol.ts';

export interface Question {
  readonly subject: string;
  readonly question: unknown;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined: it is too long. */
export function encodeQuestion({ subject, question }: Question): Uint8Array | undefined {
  const json = JSON.stringify(question) ?? 'null';
  if (Buffer.byteLength(json) > MAX_QUESTION_BYTES) return undefined;
  return framed(FRAME.question, Buffer.from(`[${JSON.stringify(subject)},${json}]`));
}

/** Undefined: it is none. */
export function decodeQuestion(frame: Uint8Array): Question | undefined {
  if (frame[0] !== FRAME.question || frame.length > MAX_QUESTION_FRAME_BYTES) return undefined;
  const value = parse(frame.subarray(1))?.value;
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const [subject, question] = value as readonly unknown[];
  return typeof subject === 'string' && SUBJECT.test(subject) ? { subject, question } : undefined;
}

/** All frames of an answer; undefined: it is too long. Nothing at all is `null`. */
export function encodeAnswer(value: unknown): readonly Uint8Array[] | undefined {
  const bytes = Buffer.from(JSON.stringify(value) ?? 'null');
  if (bytes.length > MAX_ANSWER_BYTES) return undefined;
  const frames: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    const to = from + PART_BYTES;
    frames.push(framed(to < bytes.length ? FRAME.part : FRAME.last, bytes.subarray(from, to)));
  }
  return frames;
}

export const encodeRefusal = (why: Refusal): Uint8Array => Uint8Array.of(FRAME.refused, REFUSALS[why]);

/** What was read of an answer until now. */
export type Reading =
  | { readonly kind: 'more' }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: Refusal }
  | { readonly kind: 'malformed' };

/** Takes the frames of one answer, one after the other, until it says something else than `more`. */
export function createAnswerReader(): (frame: Uint8Array) => Reading {
  const parts: Uint8Array[] = [];
  let size = 0;
  return (frame) => {
    const [kind, why] = frame;
    if (kind === FRAME.refused && parts.length === 0) return { kind: 'refused', why: refusalOf(why) };
    if (kind !== FRAME.part && kind !== FRAME.last) return { kind: 'malformed' };
    const part = frame.subarray(1);
    size += part.length;
    // Only full ones, so that there are few.
    const isWrong = kind === FRAME.part && part.length !== PART_BYTES;
    if (isWrong || size > MAX_ANSWER_BYTES) return { kind: 'malformed' };
    parts.push(part);
    if (kind === FRAME.part) return { kind: 'more' };
    const parsed = parse(parts.length === 1 ? part : Buffer.concat(parts));
    return parsed === undefined ? { kind: 'malformed' } : { kind: 'answer', value: parsed.value };
  };
}

const refusalOf = (code: number | undefined): Refusal =>
  (Object.keys(REFUSALS) as Refusal[]).find((why) => REFUSALS[why] === code) ?? 'refused';

function framed(kind: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + bytes.length);
  frame[0] = kind;
  frame.set(bytes, 1);
  return frame;
}

function parse(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(UTF8.decode(bytes)) };
  } catch {
    return undefined;
  }
}
