/** Questions between agents: who is asked by name, who asks, and who has an answer. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/errors.ts';
import type { AskFailure, AskResult, QuestionHandler } from '../../model/questions.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import type { Transport } from '../transport/types.ts';
import { type AnsweringCounts, createAnswering } from './answering.ts';
import { type Asked, type AskingCounts, createAsking } from './asking.ts';
import { createVisits } from './visits.ts';

export interface AskingPart {
  /** As `Questions.ask`. */
  ask(node: string, subject: string, question: unknown, signal?: AbortSignal): Promise<AskResult>;
  counts(): QuestionCounts;
  stop(): void;
}

export interface QuestionCounts {
  readonly asked: AskingCounts;
  readonly served: AnsweringCounts;
  /** Connections to no neighbours that questions keep open. */
  readonly visits: number;
}

export interface QuestionsDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  readonly self: { readonly name: string; readonly peerId: string };
  readonly peerIdOf: (node: string) => string | undefined;
  readonly nameOf: (peerId: string) => string | undefined;
  readonly addressesOf: (peerId: string) => readonly string[];
  readonly isNeighbour: (peerId: string) => boolean;
  readonly handlerOf: (subject: string) => QuestionHandler | undefined;
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
}

export function createQuestions(deps: QuestionsDeps): AskingPart {
  const { self, peerIdOf } = deps;
  const visits = createVisits(deps);
  const asking = createAsking({ ...deps, visits });
  const answering = createAnswering({ ...deps, onAsked: (peerId) => visits.used(peerId) });
  return {
    async ask(node, subject, question, signal) {
      const asked = node === self.name ? await askSelf(subject, question, signal, deps) : await askOther();
      return asked.kind === 'answer' ? { ...asked, node } : { ...asked, node, message: askMessage(asked.why, node) };

      async function askOther(): Promise<Asked> {
        const peerId = peerIdOf(node);
        if (peerId === undefined) return { kind: 'failed', why: 'unknown-node' };
        return asking.ask(peerId, subject, question, signal);
      }
    },
    counts: () => ({ asked: asking.counts(), served: answering.counts(), visits: visits.open() }),
    stop() {
      answering.stop();
      asking.stop();
      visits.stop();
    },
  };
}

/** Without the mesh, and thus without its bounds; the answer is JSON all the same. */
async function askSelf(
  subject: string,
  question: unknown,
  signal: AbortSignal | undefined,
  { self, handlerOf, log }: QuestionsDeps,
): Promise<Asked> {
  const handler = handlerOf(subject);
  if (handler === undefined) return { kind: 'failed', why: 'unsupported' };
  try {
    const from = { node: self.name, peerId: self.peerId };
    const value = await handler(question, from, signal ?? new AbortController().signal);
    return value === undefined ? { kind: 'failed', why: 'refused' } : { kind: 'answer', value };
  } catch (error) {
    log.error({ err: messageOf(error), subject }, 'a question could not be answered');
    return { kind: 'failed', why: 'refused' };
  }
}

/** A clause for people. */
export const askMessage = (why: AskFailure, node: string): string => MESSAGES[why].replace('NODE', () => node);

const MESSAGES: Readonly<Record<AskFailure, string>> = {
  'no-mesh': 'this agent has not joined the others',
  'unknown-node': 'there is no member NODE',
  'not-connected': 'the agent of NODE cannot be reached',
  unsupported: 'the agent of NODE is of a version that has no answer to it',
  refused: 'the agent of NODE does not answer that',
  busy: 'the agent of NODE is asked too much at this moment',
  'too-long': 'question or answer of NODE are too long',
  timeout: 'the agent of NODE did not answer in time',
  malformed: 'the agent of NODE answered what cannot be read',
  closed: 'the connection to the agent of NODE ended',
  aborted: 'nobody waits for the answer of NODE any more',
};
