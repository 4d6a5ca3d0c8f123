/** Judges a member by its client port, where that may be read. */
import { type FetchResult, type Outcome, outcomeOf, type Problem, unknown } from '../../types.ts';
import type { ClientReads } from './access.ts';
import { type EtcdStatus, isRangeServed, parseGatewayError, parseStatus } from './answers.ts';
import { alarmProblems, figuresOf, hostOf, quotaProblems, readingsOf } from './member.ts';
import type { EtcdObservation } from './observe.ts';
import type { EtcdReason } from './reasons.ts';

/** What one of the two ranges says. `unsure`: the failure is on our side, or it went away meanwhile. */
type Verdict =
  | { readonly kind: 'served' }
  | { readonly kind: 'bad'; readonly problem: Problem<EtcdReason> }
  | { readonly kind: 'unsure'; readonly why: string };

export function judgeClient(observation: EtcdObservation, nearQuotaRatio: number): Outcome<EtcdReason> {
  const { client, metrics, lastMetrics } = observation;
  const status = parseStatus(client.status);
  const figures = {
    ...figuresOf(status, metrics, lastMetrics),
    serializableMs: servedMs(client.serializable),
    linearizableMs: servedMs(client.linearizable),
  };
  const who = `etcd on ${hostOf(client.url)}`;
  const own = judgeOwnRead(who, client.serializable);
  // A member that cannot read its own data fails at the other read for that reason.
  const quorum = own.kind === 'served' ? judgeQuorumRead(who, client, status) : own;
  const problems = quorum.kind === 'bad' ? [quorum.problem] : [];
  if (status !== undefined) problems.push(...alarmProblems(status, figures));
  problems.push(...quotaProblems(figures, nearQuotaRatio, problems));
  const readings = readingsOf(figures, metrics, status !== undefined);
  if (problems.length > 0) return outcomeOf(problems, readings);
  if (quorum.kind === 'unsure') return unknown(quorum.why, readings);
  if (status === undefined) {
    return unknown(`${who} serves reads and gives no status: ${failureOf(client.status)}`, readings);
  }
  return outcomeOf(problems, readings);
}

const servedMs = (result: FetchResult): number | undefined => (isRangeServed(result) ? result.durationMs : undefined);

/** The read that the member serves from its own data. */
function judgeOwnRead(who: string, result: FetchResult): Verdict {
  const what = 'a read of its own data';
  if (isRangeServed(result)) return { kind: 'served' };
  if (result.kind === 'response') return judgeError(who, what, result);
  if (result.failure !== 'timeout') return unsure(who, what, result);
  const waited = Math.round(result.durationMs);
  const message = `${who} gives its status, and ${what} gets no answer within ${waited} ms: a defragmentation or its disk holds it up.`;
  return { kind: 'bad', problem: { reason: 'EtcdHung', message } };
}

/** The read that needs the majority, while the member's own read is served. */
function judgeQuorumRead(who: string, client: ClientReads, status: EtcdStatus | undefined): Verdict {
  const what = 'a read through the majority';
  const result = client.linearizable;
  if (isRangeServed(result)) return { kind: 'served' };
  const text = parseGatewayError(result) ?? '';
  const isLearner = status?.isLearner === true || /not supported for learner/i.test(text);
  // A learner has no vote and serves no such read, but it follows a leader.
  if (isLearner && status?.hasLeader !== false) return { kind: 'served' };
  const isTimeout = result.kind === 'failure' && result.failure === 'timeout';
  // gRPC's UNAVAILABLE and DEADLINE_EXCEEDED.
  const isRefusal = result.kind === 'response' && [503, 504].includes(result.status);
  if (!isTimeout && !isRefusal) {
    return result.kind === 'response' ? judgeError(who, what, result) : unsure(who, what, result);
  }
  const state = status?.hasLeader === false ? 'has no leader' : 'does not reach the majority';
  const how = isTimeout ? `gets no answer within ${Math.round(result.durationMs)} ms` : `fails: ${text}`;
  const ownMs = Math.max(1, Math.round(client.serializable.durationMs));
  const message = `${who} ${state}: a read of its own data takes ${ownMs} ms, ${what} ${how}.`;
  return { kind: 'bad', problem: { reason: 'EtcdNoLeader', message } };
}

function judgeError(who: string, what: string, result: FetchResult & { readonly kind: 'response' }): Verdict {
  const text = parseGatewayError(result) ?? result.body;
  const reason = /corrupt/i.test(text) ? 'EtcdCorrupt' : 'EtcdUnhealthy';
  return {
    kind: 'bad',
    problem: { reason, message: `${who} answers ${what} with ${result.status}: ${text.slice(0, 150)}.` },
  };
}

const unsure = (who: string, what: string, result: FetchResult): Verdict => ({
  kind: 'unsure',
  why: `${who} gives its status; ${what} could not be made: ${failureOf(result)}`,
});

const failureOf = (result: FetchResult): string =>
  result.kind === 'response' ? `status ${result.status}` : result.message;
