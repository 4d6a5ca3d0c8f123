/** Findings as alerts: what each is called for everybody, and for whom it matters. */
import { hash } from 'node:crypto';
import type { Diagnosis, Finding, FindingSeverity } from '../model/finding.ts';
import type { Alert } from './types.ts';

/** What a receiver wants to hear. */
export interface Wishes {
  /** Of the receiver: rules may name those who are told. */
  readonly name: string;
  readonly minSeverity: FindingSeverity;
  /** Told whatever their severity. */
  readonly reasons: readonly string[];
  /** Never told. */
  readonly except: readonly string[];
  readonly sendResolved: boolean;
}

/** What is found, or what a rule says, at this moment. */
export interface SeenAlert {
  readonly alert: Alert;
  /** What is told: causes. What follows from one is told by it. */
  readonly isCause: boolean;
  readonly subject?: string;
  /** Who judges the rule is not heard: it would not be known whether it is over. */
  readonly isHistory?: boolean;
  /** Unix ms: when the rule wanted people to hear of it last; undefined: as it began to fire. */
  readonly roundAt?: number;
}

/** One loss after the other is one story under two names. */
const FAMILIES: Readonly<Record<string, string>> = { NodeUnreachable: 'loss', NodesLost: 'loss' };

/** Several of them stand at once, each about a node and those beyond it: the first one says which it is. */
const AROUND_A_NODE: ReadonlySet<string> = new Set([
  'ClockSkew',
  'LinkDown',
  'NoControlPlaneFromHere',
  'OneWayLink',
  'PeersUnreachable',
  'PortBlocked',
]);
const MOST_MERGED = 3;

const GRAVITY: Readonly<Record<FindingSeverity, number>> = { critical: 2, warning: 1, info: 0 };

/** Above 0: `one` is graver than `other`. */
export const graver = (one: FindingSeverity, other: FindingSeverity): number => GRAVITY[one] - GRAVITY[other];

export function seenIn({ findings }: Pick<Diagnosis, 'findings'>): readonly SeenAlert[] {
  const seen = new Map<string, SeenAlert>();
  for (const finding of findings) {
    const one = toSeen(finding);
    const known = seen.get(one.alert.fingerprint);
    seen.set(one.alert.fingerprint, known === undefined ? one : merged(known, one));
  }
  return [...seen.values()];
}

/** Of two that are called the same the graver cause speaks; both are meant where both are causes. */
function merged(one: SeenAlert, other: SeenAlert): SeenAlert {
  const [first, second] = weight(other) > weight(one) ? [other, one] : [one, other];
  if (first.isCause !== second.isCause) return first;
  const { alert } = first;
  const also = second.alert.sentence;
  const isSaid = alert.sentence.includes(also) || alert.sentence.split(ALSO).length > MOST_MERGED;
  return {
    ...first,
    alert: {
      ...alert,
      nodes: [...new Set([...alert.nodes, ...second.alert.nodes])].sort(),
      sentence: isSaid ? alert.sentence : `${alert.sentence}${ALSO}${also}`,
      since: Math.min(alert.since, second.alert.since),
      observers: [...new Set([...alert.observers, ...second.alert.observers])],
    },
  };
}

const ALSO = ' Also: ';

const weight = ({ isCause, alert }: SeenAlert): number => GRAVITY[alert.severity] + (isCause ? 10 : 0);

function toSeen(finding: Finding): SeenAlert {
  const { reason, severity, subject, sentence, since, observers, next, causedBy } = finding;
  const nodes = nodesOf(finding);
  const [remedy] = next;
  return {
    alert: {
      fingerprint: fingerprintOf(reason, scopeOf(finding, nodes), subject),
      reason,
      severity,
      nodes,
      sentence,
      since,
      observers,
      ...(remedy !== undefined && { remedy }),
    },
    isCause: causedBy === undefined,
    ...(subject !== undefined && { subject }),
  };
}

function nodesOf({ reason, node, nodes, subject }: Finding): readonly string[] {
  if (nodes !== undefined) return [...nodes].sort();
  // Their `node` is only where somebody looks from: of a stranger the key is the subject.
  const isFromHere = reason === 'ApiserverRefuses' || (reason === 'PeerMisbehaves' && subject !== undefined);
  return isFromHere ? [] : [node];
}

/**
 * What it is about, so that it stays the same while it lasts: of several nodes it does not matter which, since they come
 * and go while the fault stands.
 */
function scopeOf({ reason, node }: Finding, nodes: readonly string[]): string {
  if (nodes.length > 1) return AROUND_A_NODE.has(reason) ? node : SEVERAL;
  return nodes[0] ?? '';
}

/** No node is called so. */
const SEVERAL = '*';

/** The same findings come again every second. */
const MAX_KNOWN = 4096;
const known = new Map<string, string>();

/** The same by whoever concludes it. */
function fingerprintOf(reason: string, scope: string, subject = ''): string {
  const text = JSON.stringify(['meerkat/alert/2', FAMILIES[reason] ?? reason, scope, subject]);
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const fingerprint = hash('sha256', text).slice(0, 16);
  known.set(text, fingerprint);
  return fingerprint;
}

/** @param severity what it has, or had when it was told */
export function matters(
  { name, minSeverity, reasons, except }: Wishes,
  { reason, rule }: Pick<Alert, 'reason' | 'rule'>,
  severity: FindingSeverity,
): boolean {
  if (rule !== undefined && rule.receivers.length > 0) return rule.receivers.includes(name);
  if (except.includes(reason)) return false;
  return reasons.includes(reason) || graver(severity, minSeverity) >= 0;
}

/** Two of one kind of fault, whatever nodes they are about. */
export const isAlike = (one: SeenAlert, other: SeenAlert): boolean =>
  familyOf(one) === familyOf(other) && one.subject === other.subject;

/** Two of one story: the same kind of fault, of nodes that overlap. */
export const isKin = (one: SeenAlert, other: SeenAlert): boolean =>
  isAlike(one, other) && one.alert.nodes.some((node) => other.alert.nodes.includes(node));

const familyOf = ({ alert: { reason } }: SeenAlert): string => FAMILIES[reason] ?? reason;
