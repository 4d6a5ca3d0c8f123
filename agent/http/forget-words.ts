/** What is answered to a person who removes a member, or forgets what a check has seen: the sentence says what to do. */
import type { ForgetCheckOutcome, ForgetOutcome } from '../model/forget-outcome.ts';
import type { MemberState } from '../model/member.ts';
import type { ApiForgotten } from './contract/orders.ts';
import { HttpError } from './errors.ts';

/** @throws {HttpError} 404, 409 or 503 where it is refused */
export function answerToForget(node: string, outcome: ForgetOutcome): ApiForgotten {
  const { kind } = outcome;
  if (kind === 'forgotten')
    return { outcome: kind, message: `${node} was removed from the cluster. ${afterwards(outcome.state)}` };
  if (kind === 'forgotten-before')
    return { outcome: kind, message: `${node} was removed from the cluster before; nothing was left to do.` };
  const [statusCode, message] = refusalOf(node, outcome);
  throw new HttpError(statusCode, message);
}

/** @throws {HttpError} 404, 409 or 503 where it is refused */
export function answerToForgetCheck(check: string, node: string, outcome: ForgetCheckOutcome): ApiForgotten {
  const { kind } = outcome;
  if (kind === 'forgotten')
    return { outcome: kind, message: `${check} is not expected on ${node} any more, until it is seen there again.` };
  if (kind === 'not-seen')
    return { outcome: 'forgotten-before', message: `${check} is not expected on ${node}; nothing was left to do.` };
  const [statusCode, message] = refusalOfCheck(check, node, outcome);
  throw new HttpError(statusCode, message);
}

type Refusal = readonly [statusCode: 404 | 409 | 503, message: string];
type Refused<Outcome extends { readonly kind: string }> = Exclude<
  Outcome,
  { readonly kind: 'forgotten' | 'forgotten-before' | 'not-seen' }
>;

const MOST_NAMES = 5;

const SIMPLE: Readonly<
  Record<Exclude<ForgetOutcome['kind'], 'forgotten' | 'forgotten-before' | 'alive' | 'no-mesh'>, Refusal>
> = {
  'unknown-name': [404, 'There is no member NODE; meerkat members lists those there are.'],
  self: [409, 'NODE is the node that you ask: stop its agent, then ask another node to forget it.'],
  'in-doubt': [503, 'Whether NODE is alive is being found out; ask again in a few seconds.'],
  'not-settled': [503, 'This agent has just started and does not know yet who is alive; ask again in 10 seconds.'],
  isolated: [503, 'This node reaches nobody and cannot tell who is alive; ask another node.'],
  busy: [503, 'Too many members were removed in a moment; ask again in a second.'],
};

function refusalOf(node: string, outcome: Refused<ForgetOutcome>): Refusal {
  if (outcome.kind === 'alive')
    return [409, `${node} is alive: ${reached(outcome.reachedBy)}. Stop its agent first; then it can be removed.`];
  if (outcome.kind === 'no-mesh') return [503, `This agent does not talk to others: ${outcome.why}.`];
  const [statusCode, message] = SIMPLE[outcome.kind];
  return [statusCode, message.replace('NODE', () => node)];
}

const SIMPLE_OF_CHECK: Readonly<
  Record<Exclude<ForgetCheckOutcome['kind'], 'forgotten' | 'not-seen' | 'expected' | 'cannot-tell'>, Refusal>
> = {
  'unknown-check': [404, 'There is no check CHECK on NODE; meerkat nodes NODE lists those there are.'],
  'not-remembered': [409, 'CHECK expects nothing because it was seen before: there is nothing to forget.'],
  present: [409, 'What CHECK looks at is on NODE: it would be expected again at once. Remove it first.'],
  'not-settled': [503, 'What earlier runs have seen is not known yet; ask again when the store answers.'],
};

function refusalOfCheck(check: string, node: string, outcome: Refused<ForgetCheckOutcome>): Refusal {
  if (outcome.kind === 'expected')
    return [409, `What ${check} looks at still belongs on ${node}: ${outcome.why}. Remove that first.`];
  if (outcome.kind === 'cannot-tell')
    return [503, `Whether ${check} belongs on ${node} cannot be told: ${outcome.why}.`];
  const [statusCode, message] = SIMPLE_OF_CHECK[outcome.kind];
  return [statusCode, message.replace('CHECK', () => check).replaceAll('NODE', () => node)];
}

/** What makes it a member again: who removed it should not wonder. */
function afterwards(state: MemberState): string {
  if (state === 'agent-down') return 'Its host still answers: when an agent is started there, it is a member again.';
  if (state === 'agent-unresponsive') return 'Its agent hangs: when it goes on, it is a member again.';
  return 'If it was only cut off, it is a member again as soon as others reach it.';
}

function reached(by: readonly string[]): string {
  if (by.length === 0) return 'it is connected';
  const more = by.length - MOST_NAMES;
  const names = `${by.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${names} ${by.length === 1 ? 'reaches' : 'reach'} it`;
}
