/** What a member of etcd takes along whose disk is slow, and what takes its disk away. */
import { type Explanation, always, says, wordsOf } from './explanation.ts';
import type { Draft } from './rule.ts';

/** True when an API server fails for want of etcd alone. */
export function waitsForEtcd(draft: Draft): boolean {
  const { words } = wordsOf(draft);
  const failed = words.flatMap((line) => [...line.matchAll(/\[-\](\S+)/g)].map(([, check = '']) => check));
  if (failed.length > 0) return failed.every((check) => check.startsWith('etcd'));
  return words.some((line) => /is silent while \/version answers/.test(line));
}

/** Evidence of an API server that was down before its agent looked for the first time. */
export const NEVER_SERVED = 'it has not served since this agent started';
/**
 * An API server that runs goes on to run without etcd, until its kubelet ends it a minute later or more; k3s, which is one
 * program, ends when its controllers have not renewed their Leases for 10 s.
 */
const RUNS_ON_MS = 8000;

/**
 * True when an API server may have ended for want of etcd. One that went with it was ended by something else, and does not
 * come back with etcd. When one went whose own agent is silent nobody knows so exactly.
 */
export function endedForEtcd(draft: Draft, cause: Draft): boolean {
  if (!says(/nobody listens/)(draft)) return false;
  const { own, words } = wordsOf(draft);
  return !own || draft.since - cause.since >= RUNS_ON_MS || words.includes(NEVER_SERVED);
}

/** True when every member whose data went back is said to belong to another cluster. */
function isForeign(wentBack: Draft, cause: Draft): boolean {
  const { words } = wordsOf(wentBack);
  const accused = cause.evidence.filter((line) => line.includes('belongs to another cluster of etcd'));
  const hosts = words.flatMap((line) => /^etcd on (\S+):\d+ went back/.exec(line)?.[1] ?? []);
  const isAccused = (as: string): boolean => accused.some((line) => line.includes(as));
  return (
    wentBack.observers.every((name) => isAccused(` its member ${name},`)) ||
    (hosts.length > 0 && hosts.every((host) => isAccused(`//${host}:`)))
  );
}

/** It runs, and is alone. */
const MISSES_MAJORITY = /does not reach the majority|through the majority|has no leader/;

/** Writes are judged over half a minute, leaders over five. */
const ETCD_SLOW_LEAD_MS = 60_000;

export const ETCD_EXPLANATIONS: readonly Explanation[] = [
  {
    cause: 'EtcdSlow',
    consequence: 'EtcdMemberDown',
    relation: 'same node',
    why: 'A member that waits for its disk answers nothing meanwhile, and falls behind the others.',
    predicate: says(/does not answer|does not reach the majority|through the majority|has no leader/),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'EtcdSlow',
    consequence: 'EtcdMemberDown',
    relation: 'anywhere',
    why: 'A leader that waits for its disk leaves the others without a majority until they have elected another.',
    predicate: says(MISSES_MAJORITY),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'EtcdSlow',
    consequence: 'EtcdQuorumLost',
    relation: 'anywhere',
    why: 'All members run; a leader that waits for its disk leaves them without a majority until they have elected another.',
    predicate: (consequence) => consequence.nodes === undefined && says(MISSES_MAJORITY)(consequence),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'DiskStalled',
    consequence: 'EtcdQuorumLost',
    relation: 'anywhere',
    why: 'All members run; a leader whose disk takes no writes leaves them without a majority until they have elected another.',
    predicate: (consequence) => consequence.nodes === undefined && says(MISSES_MAJORITY)(consequence),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'EtcdSlow',
    consequence: 'ApiserverNotReady',
    relation: 'same node',
    why: 'An API server beside an etcd member asks that one; no sub-check fails but those of etcd, or it waits for an answer.',
    predicate: waitsForEtcd,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'DiskStalled',
    consequence: 'ApiserverNotReady',
    relation: 'same node',
    why: 'An API server beside an etcd member asks that one, and that one waits for a disk that takes no writes.',
    predicate: waitsForEtcd,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'DiskSlow',
    consequence: 'ApiserverNotReady',
    relation: 'same node',
    why: 'An API server beside an etcd member asks that one, which waits for the disk; where it does not get to write at all, its own figures say nothing.',
    predicate: waitsForEtcd,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'EtcdNoSpace',
    consequence: 'EtcdUnhealthy',
    relation: 'anywhere',
    why: 'The alarm is one for all members; one that answers nothing but its health says no more than that it is not well.',
    predicate: says(/an alarm is likely/),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdSlow',
    consequence: 'DiskSlow',
    relation: 'same node',
    why: 'Both wait for a disk of one node at the same time: what it does to etcd is what it does to the cluster.',
    predicate: always,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'DiskStalled',
    consequence: 'EtcdSlow',
    relation: 'same node',
    why: 'A disk of the node takes no writes any more; before that it took them slowly.',
    predicate: always,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'DiskStalled',
    consequence: 'EtcdMemberDown',
    relation: 'same node',
    why: 'A member answers nothing while its disk takes no writes.',
    predicate: says(/does not answer|does not reach the majority|through the majority|has no leader/),
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
  {
    cause: 'EtcdMisconfigured',
    consequence: 'EtcdRevisionWentBack',
    relation: 'anywhere',
    why: 'A member that has come to be of another cluster has the data of that one.',
    predicate: isForeign,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdSlow',
    consequence: 'EtcdLeaderFlapping',
    relation: 'anywhere',
    why: 'A leader that waits for its disk sends no heartbeat in time, and the others elect another.',
    predicate: always,
    leadMs: ETCD_SLOW_LEAD_MS,
    lagMs: 360_000,
  },
];
