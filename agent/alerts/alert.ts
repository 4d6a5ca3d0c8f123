/** Findings as alerts: what each is called for everybody, and for whom it matters. */
import { hash } from 'node:crypto';
import type { Diagnosis, Finding, FindingSeverity } from '../model/finding.ts';
import type { Alert } from './types.ts';

/** What a receiver wants to hear. */
export interface Wishes {
  readonly minSeverity: FindingSeverity;
  /** Told whatever their severity. */
  readonly reasons: readonly string[];
  /** Never told. */
  readonly except: readonly string[];
  readonly sendResolved: boolean;
}

/** A finding of this moment. */
export interface SeenAlert {
  readonly alert: Alert;
  /** What is told: causes. What follows from one is told by it. */
  readonly isCause: boolean;
  readonly subject?: string;
}

/** One loss after the other is one story under two names. */
const FAMILIES: Readonly<Record<string, string>> = { NodeUnreachable: 'loss', NodesLost: 'loss' };

const GRAVITY: Readonly<Record<FindingSeverity, number>> = { critical: 2, warning: 1, info: 0 };

/** Above 0: `one` is graver than `other`. */
export const graver = (one: FindingSeverity, other: FindingSeverity): number => GRAVITY[one] - GRAVITY[other];

export function seenIn({ findings }: Pick<Diagnosis, 'findings'>): readonly SeenAlert[] {
  const seen = new Map<string, SeenAlert>();
  for (const finding of findings) {
    const one = toSeen(finding);
    const known = seen.get(one.alert.fingerprint);
    // Of two that are called the same the graver cause speaks.
    if (known === undefined || weight(one) > weight(known)) seen.set(one.alert.fingerprint, one);
  }
  return [...seen.values()];
}

const weight = ({ isCause, alert }: SeenAlert): number => GRAVITY[alert.severity] + (isCause ? 10 : 0);

function toSeen(finding: Finding): SeenAlert {
  const { reason, severity, subject, sentence, since, observers, next, causedBy } = finding;
  const nodes = nodesOf(finding);
  const [remedy] = next;
  return {
    alert: {
      fingerprint: fingerprintOf(reason, nodes, subject),
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

/** The same findings come again every second. */
const MAX_KNOWN = 4096;
const known = new Map<string, string>();

/** The same by whoever concludes it. */
export function fingerprintOf(reason: string, nodes: readonly string[], subject = ''): string {
  const text = JSON.stringify(['meerkat/alert/1', reason, nodes, subject]);
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const fingerprint = hash('sha256', text).slice(0, 16);
  known.set(text, fingerprint);
  return fingerprint;
}

/** @param severity what it has, or had when it was told */
export function matters(
  { minSeverity, reasons, except }: Wishes,
  { reason }: Pick<Alert, 'reason'>,
  severity: FindingSeverity,
): boolean {
  if (except.includes(reason)) return false;
  return reasons.includes(reason) || graver(severity, minSeverity) >= 0;
}

/** What an alert is about, as far as others of the same story are told by it. */
export interface Topic {
  readonly reason: string;
  readonly nodes: readonly string[];
  readonly subject?: string;
}

export const topicOf = ({ alert: { reason, nodes }, subject }: SeenAlert): Topic => ({
  reason,
  nodes,
  ...(subject !== undefined && { subject }),
});

/** Two of one story: the same kind of fault, of nodes that overlap. */
export const isKin = (one: Topic, other: Topic): boolean =>
  one.subject === other.subject &&
  familyOf(one) === familyOf(other) &&
  one.nodes.some((node) => other.nodes.includes(node));

/** Whoever was told of the one knows the other. */
export const covers = (one: Topic, other: Topic): boolean =>
  isKin(one, other) && other.nodes.every((node) => one.nodes.includes(node));

const familyOf = ({ reason }: Topic): string => FAMILIES[reason] ?? reason;
