/** From what was seen of etcd on this node to an outcome. Pure. */
import { absent, type Outcome, outcomeOf, unknown } from '../../types.ts';
import { judgeClient } from './judge-client.ts';
import { depthProblems, depthReadings } from './judge-depth.ts';
import { judgeHealth } from './judge-health.ts';
import { hostOf } from './member.ts';
import type { EtcdObservation } from './observe.ts';
import type { EtcdReason } from './reasons.ts';

export interface EtcdLimits {
  readonly nearQuotaRatio: number;
  /** What a write may take. */
  readonly slowMs: number;
  /** Nothing says that etcd belongs here: a port that is silent could be anybody's. */
  readonly isStranger: boolean;
}

export function judgeEtcd(observation: EtcdObservation, limits: EtcdLimits): Outcome<EtcdReason> {
  const outcome = judgeLife(observation, limits);
  if (outcome.status !== 'ok' && outcome.status !== 'problem') return outcome;
  const problems = outcome.status === 'problem' ? outcome.problems : [];
  return outcomeOf(
    [...problems, ...depthProblems(observation, limits.slowMs)],
    [...(outcome.readings ?? []), ...depthReadings(observation)],
  );
}

/**
 * The client port tells most. Where it does not, the health port is believed; where that says nothing either, the way
 * in which the client port failed decides.
 */
function judgeLife(observation: EtcdObservation, limits: EtcdLimits): Outcome<EtcdReason> {
  const { access, client } = observation;
  if (access === 'usable') return judgeClient(observation, limits.nearQuotaRatio);
  const byHealth = judgeHealth(observation, limits.nearQuotaRatio);
  if (byHealth !== undefined && (access !== 'silent' || byHealth.status === 'problem')) return byHealth;
  switch (access) {
    case 'silent':
      return hung(observation, byHealth, limits.isStranger);
    case 'nobody':
      return absent(`nobody listens on ${addressesOf(observation)}`);
    case 'foreign':
      return absent(`what answers on ${hostOf(client.url)} is no etcd: ${failureOf(observation)}`);
    case 'broken':
      return broken(observation, limits.isStranger);
    case 'denied':
      return unknown(explainDenial(observation));
    default:
      return unknown(`cannot ask etcd at ${client.url}: ${failureOf(observation)}`);
  }
}

function hung(
  observation: EtcdObservation,
  byHealth: Outcome<EtcdReason> | undefined,
  isStranger: boolean,
): Outcome<EtcdReason> {
  const { client, health } = observation;
  const host = hostOf(client.url);
  if (isStranger) {
    return unknown(`something on ${host} accepts connections and does not answer; nothing says that it is etcd`);
  }
  const otherPort =
    byHealth === undefined ? `, nor does ${hostOf(health?.url ?? '')}` : `, while ${health?.url}/health does`;
  const waited = Math.round(client.status.durationMs);
  const message = `etcd on ${host} accepts connections and does not answer within ${waited} ms${health === undefined ? '' : otherPort}.`;
  return { status: 'problem', problems: [{ reason: 'EtcdHung', message }] };
}

function broken(observation: EtcdObservation, isStranger: boolean): Outcome<EtcdReason> {
  const host = hostOf(observation.client.url);
  const said = failureOf(observation);
  if (isStranger) {
    return unknown(`something on ${host} fails at every request (${said}); nothing says that it is etcd`);
  }
  const message = `etcd on ${host} fails at every request: ${said}.`;
  return { status: 'problem', problems: [{ reason: 'EtcdUnhealthy', message }] };
}

/** Which certificate is needed, and where it is usually found. */
function explainDenial(observation: EtcdObservation): string {
  const { client, target } = observation;
  const said = failureOf(observation);
  if (client.status.kind === 'response') {
    return `etcd at ${client.url} wants a user (${said}) and no health port answers: set checks.etcd.metricsEndpoint`;
  }
  const signer = target.trustedCaFile === undefined ? '' : `, signed by ${target.trustedCaFile}`;
  if (target.certFile !== undefined) {
    return `etcd at ${client.url} refuses the client certificate ${target.certFile} (${said}): set checks.etcd.certFile and keyFile to one that it accepts${signer}`;
  }
  // A file that is there and cannot be read is the likelier reason.
  const advice =
    target.obstacles[0] ?? 'mount /etc/kubernetes/pki/etcd/healthcheck-client.crt and healthcheck-client.key';
  return `etcd at ${client.url} wants a client certificate${signer} (${said}): ${advice}, or set checks.etcd.certFile and keyFile`;
}

function failureOf({ client }: EtcdObservation): string {
  const { status } = client;
  return status.kind === 'failure'
    ? status.message
    : `status ${status.status}, ${status.body.slice(0, 80).trim() || 'no text'}`;
}

function addressesOf({ target }: EtcdObservation): string {
  const urls = [...target.clientUrls, ...(target.metricsUrl === undefined ? [] : [target.metricsUrl])];
  return [...new Set(urls.map(hostOf))].join(' and ');
}
