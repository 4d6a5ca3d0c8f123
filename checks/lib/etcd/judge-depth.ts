/** What a member that lives may still have: a slow disk, a leader that does not stay, settings that do not fit. */
import type { Problem, Reading } from '../../types.ts';
import { count, enumerate, seconds } from '../figures.ts';
import { hostOf } from './member.ts';
import type { Misfit } from './members.ts';
import type { EtcdObservation } from './observe.ts';
import type { EtcdReason } from './reasons.ts';
import type { WentBack } from './revision.ts';
import type { UntrustedClient } from './trust.ts';
import { type Durations, LEADERS_MS, type Writes } from './writes.ts';

/** One slow write may be anybody's. */
const FEWEST_SLOW = 3;
/** Of five members that are restarted one after the other each may have been the leader. */
const MOST_CHANGES = 5;

/** @param slowMs what a write may take */
export function depthProblems(observation: EtcdObservation, slowMs: number): readonly Problem<EtcdReason>[] {
  const { client, writes, misfits = [], untrusted, wentBack } = observation;
  const who = `etcd on ${hostOf(client.url)}`;
  return [
    ...(writes === undefined ? [] : [...slowWrites(who, writes, slowMs), ...leaderChanges(who, writes)]),
    ...misfits.map((misfit) => misfitProblem(who, misfit)),
    ...(untrusted === undefined ? [] : [untrustedProblem(untrusted)]),
    ...(wentBack === undefined ? [] : [wentBackProblem(who, wentBack)]),
  ];
}

/** Of metrics of this run. */
export const depthReadings = ({ writes, metrics }: EtcdObservation): readonly Reading[] =>
  metrics === undefined
    ? []
    : [
        ...(writes?.fsync === undefined ? [] : [{ name: 'fsync_p99_seconds', value: writes.fsync.p99Ms / 1000 }]),
        ...(writes?.commit === undefined ? [] : [{ name: 'commit_p99_seconds', value: writes.commit.p99Ms / 1000 }]),
      ];

function slowWrites(who: string, { fsync, commit }: Writes, slowMs: number): Problem<EtcdReason>[] {
  const slow = [
    ...(isSlow(fsync, slowMs) ? [timeOf(fsync, 'a sync of its log')] : []),
    ...(isSlow(commit, slowMs) ? [timeOf(commit, 'a commit of its database')] : []),
  ];
  if (slow.length === 0) return [];
  return [{ reason: 'EtcdSlow', message: `${who} takes ${enumerate(slow)}.` }];
}

const isSlow = (one: Durations | undefined, slowMs: number): one is Durations =>
  one !== undefined && one.p99Ms > slowMs && one.countAbove(slowMs) >= FEWEST_SLOW;

const timeOf = ({ p99Ms, isMore, count: writes, spanMs }: Durations, what: string): string =>
  `${isMore ? 'more than ' : ''}${seconds(p99Ms)} for ${what} (p99 of ${writes} in ${seconds(spanMs)})`;

const leaderChanges = (who: string, { leaderChanges: changes }: Writes): Problem<EtcdReason>[] =>
  changes <= MOST_CHANGES
    ? []
    : [
        {
          reason: 'EtcdLeaderFlapping',
          message: `${who} has seen ${changes} changes of the leader in ${LEADERS_MS / 60_000} min.`,
        },
      ];

function misfitProblem(who: string, misfit: Misfit): Problem<EtcdReason> {
  const { url } = misfit;
  return {
    reason: misfit.kind === 'gone' ? 'EtcdMemberGone' : 'EtcdMisconfigured',
    subject: hostOf(url),
    message: sentenceOf(who, misfit),
  };
}

function sentenceOf(who: string, misfit: Misfit): string {
  if (misfit.kind === 'own-address')
    return `${who} tells others to find it at ${misfit.url}, where nobody answers: ${misfit.said}.`;
  const name = misfit.member.name === '' ? hexOf(misfit.member.id) : misfit.member.name;
  if (misfit.kind === 'gone')
    return `${who} has a member ${name} at ${misfit.url}, where nobody listens, neither for clients nor for peers.`;
  if (misfit.kind === 'peer-address')
    return `${who} has a member ${name} that lives and does not answer its peers at ${misfit.url}: ${misfit.said}.`;
  const [other, own] = misfit.ids.map(hexOf);
  return `${misfit.url}, where ${who} has its member ${name}, belongs to another cluster of etcd: ${other} instead of ${own}.`;
}

const untrustedProblem = ({ certFile, issuer, trustedCaFile }: UntrustedClient): Problem<EtcdReason> => ({
  reason: 'EtcdMisconfigured',
  subject: certFile,
  message: `etcd trusts clients that ${trustedCaFile} has signed, and the API server shows it ${certFile}, which ${issuer} signed.`,
});

const wentBackProblem = (who: string, { from, to }: WentBack): Problem<EtcdReason> => ({
  reason: 'EtcdRevisionWentBack',
  message: `${who} went back from revision ${count(from)} to ${count(to)}, as when an older snapshot is restored.`,
});

/** As etcd's own log and etcdctl write ids. */
const hexOf = (id: string): string => (/^\d+$/.test(id) ? BigInt(id).toString(16) : id);
