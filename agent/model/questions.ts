/**
 * Questions that one agent asks another over the mesh, on subjects of which the mesh knows nothing. Who asks and who answers
 * has the cluster key; what either sends is JSON that a peer wrote: read with `model/read.ts`.
 */

/** A question as JSON. */
export const MAX_QUESTION_BYTES = 8 * 1024;
/** An answer as JSON. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
/** An answer takes this long at most, the way to whoever is asked included. */
export const ASK_MS = 10_000;

/**
 * - `no-mesh`: this agent has not joined the others
 * - `unknown-node`: there is no member of that name
 * - `not-connected`: its agent cannot be reached
 * - `unsupported`: its agent is an older one, or has nothing to say on the subject
 * - `refused`: its agent has an answer to other questions only
 * - `busy`: it answers too many at this moment, or this agent asks too many: ask later
 * - `too-long`: the question, or the answer
 * - `timeout`: no answer within {@link ASK_MS}
 * - `malformed`: it answered what no agent answers
 * - `closed`: the connection ended in the middle
 * - `aborted`: whoever asked wants no answer any more
 */
export type AskFailure =
  | 'no-mesh'
  | 'unknown-node'
  | 'not-connected'
  | 'unsupported'
  | 'refused'
  | 'busy'
  | 'too-long'
  | 'timeout'
  | 'malformed'
  | 'closed'
  | 'aborted';

export type AskResult =
  /** `value` is what its agent wrote: any JSON. */
  | { readonly kind: 'answer'; readonly node: string; readonly value: unknown }
  /** `message` is a clause for people: `node-7 could not be reached`. */
  | { readonly kind: 'failed'; readonly node: string; readonly why: AskFailure; readonly message: string };

/** Who asks. */
export interface Asker {
  /** Undefined: its key has no name here yet. */
  readonly node?: string;
  readonly peerId: string;
}

/**
 * Answers one question; undefined: not this one. It may throw `Malformed` for one that cannot be read. The signal is aborted
 * when nobody waits for the answer any more: a handler that goes on costs memory for nobody.
 */
export type QuestionHandler = (question: unknown, from: Asker, signal: AbortSignal) => Promise<unknown>;

export interface Questions {
  /**
   * Asks the agent of a node, also this one. Never rejects for what peers do. Who is no neighbour is dialled, and
   * left after half a minute.
   */
  ask(node: string, subject: string, question: unknown, signal?: AbortSignal): Promise<AskResult>;
  /**
   * Answers all questions on the subject from now on, in place of whoever did before.
   *
   * @param subject lower case, digits and hyphens, at most 32
   */
  answer(subject: string, handler: QuestionHandler): void;
}
