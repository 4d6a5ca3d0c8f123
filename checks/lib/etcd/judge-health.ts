/**
 * Judges a member by `/health` and `/livez`, where its client port may not be read. `/health` looks at the alarms and
 * the leader and makes a read through the majority; `/livez` (from 3.5.11 on) makes a read of the member's own data.
 * https://etcd.io/docs/v3.5/op-guide/monitoring/#health-check
 */
import { type Outcome, outcomeOf, type Problem } from '../../types.ts';
import { type EtcdHealth, parseHealth, parseStatus } from './answers.ts';
import {
  alarmProblems,
  describeDatabase,
  figuresOf,
  hostOf,
  type MemberFigures,
  quotaProblems,
  readingsOf,
} from './member.ts';
import type { EtcdObservation, HealthReads } from './observe.ts';
import type { EtcdReason } from './reasons.ts';

/** Undefined when it tells nothing: nobody was asked, nobody answered, or what answered is no etcd. */
export function judgeHealth(observation: EtcdObservation, nearQuotaRatio: number): Outcome<EtcdReason> | undefined {
  const { health: reads, metrics, lastMetrics } = observation;
  if (reads === undefined) return undefined;
  // With authentication on, the client port gives its status and refuses reads.
  const status = parseStatus(observation.client.status);
  const health = parseHealth(reads.health);
  const livezServed = reads.livez.kind === 'response' && reads.livez.status === 200;
  const figures: MemberFigures = {
    ...figuresOf(status, metrics, lastMetrics),
    ...(health?.healthy === true && { hasLeader: true, linearizableMs: reads.health.durationMs }),
    ...(livezServed && { serializableMs: reads.livez.durationMs }),
  };
  const said = health === undefined ? judgeSilence(observation, reads) : judgeAnswer(health, figures, reads);
  if (said === undefined) return undefined;
  const alarms = status === undefined ? [] : alarmProblems(status, figures);
  const problems = alarms.length > 0 ? alarms : said;
  const quota = quotaProblems(figures, nearQuotaRatio, problems);
  return outcomeOf([...problems, ...quota], readingsOf(figures, metrics, status !== undefined));
}

/** The process answers, and the one question that needs the majority gets no answer. */
function judgeSilence({ metrics }: EtcdObservation, reads: HealthReads): Problem<EtcdReason>[] | undefined {
  const isSilent = reads.health.kind === 'failure' && reads.health.failure === 'timeout';
  const livez = reads.livez.kind === 'response' && reads.livez.status === 200 && reads.livez.body.includes('ok');
  if (!isSilent || (metrics === undefined && !livez)) return undefined;
  const state = metrics?.hasLeader === false ? 'has no leader' : 'does not reach the majority';
  const waited = Math.round(reads.health.durationMs);
  const message = `etcd on ${hostOf(reads.url)} ${state}: it runs, and /health, which needs the majority, gets no answer within ${waited} ms.`;
  return [{ reason: 'EtcdNoLeader', message }];
}

function judgeAnswer(health: EtcdHealth, figures: MemberFigures, reads: HealthReads): Problem<EtcdReason>[] {
  if (health.healthy) return [];
  const who = `etcd on ${hostOf(reads.url)}`;
  const says = `/health says ${health.reason === '' ? 'false' : health.reason}`;
  const database = describeDatabase(figures);
  if (/NOSPACE/.test(health.reason)) {
    return [{ reason: 'EtcdNoSpace', message: `${who} has an alarm: ${says}; ${database}.` }];
  }
  if (/CORRUPT/.test(health.reason)) return [{ reason: 'EtcdCorrupt', message: `${who} has an alarm: ${says}.` }];
  if (figures.hasLeader === false || /NO LEADER/.test(health.reason)) {
    return [{ reason: 'EtcdNoLeader', message: `${who} has no leader: it runs, and ${says}.` }];
  }
  // A learner serves no read through the majority, but it follows a leader.
  if (/learner/i.test(health.reason)) return [];
  if (/QGET|RANGE|read/i.test(health.reason)) {
    return [{ reason: 'EtcdNoLeader', message: `${who} does not reach the majority: it runs, and ${says}.` }];
  }
  // Before 3.5 an alarm and a failed read look the same.
  const guess = figures.hasLeader === true ? '; it has a leader, so an alarm is likely' : '';
  return [{ reason: 'EtcdUnhealthy', message: `${who} is not healthy: ${says}${guess}; ${database}.` }];
}
