/**
 * What explains what. Two things at the same time are not cause and effect: an explanation holds only when the
 * consequence's own evidence says so, on the node it speaks of, within the lag that it can have.
 */
import type { Draft } from './rule.ts';

export interface Explanation {
  readonly cause: string;
  readonly consequence: string;
  /** How the two nodes must relate. */
  readonly relation: 'same node';
  /** Why the one follows from the other. */
  readonly why: string;
  /** Holds when the consequence's own evidence names this cause. */
  readonly predicate: (consequence: Draft, cause: Draft) => boolean;
  /** The consequence begins at most so many ms before the cause was noticed, … */
  readonly leadMs: number;
  /** … and at most so many ms after it. */
  readonly lagMs: number;
}

const says =
  (pattern: RegExp) =>
  (consequence: Draft): boolean =>
    consequence.evidence.some((line) => pattern.test(line));

/** True when the consequence is about a path at or below the mount that the cause is about. */
function liesOn(consequence: Draft, cause: Draft): boolean {
  const { subject: path = '' } = consequence;
  const { subject: mount = '' } = cause;
  return mount === '/' || path === mount || path.startsWith(`${mount}/`);
}

/** The runtime is looked at every 10 s with a deadline of 2 s; a start every 60 s with a deadline of 8 s. */
const RUNTIME_LEAD_MS = 15_000;
const START_LAG_MS = 77_000;

export const EXPLANATIONS: readonly Explanation[] = [
  {
    cause: 'RuntimeDown',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'A container is started by the runtime; the start failed because nobody listens on its socket.',
    predicate: says(/refused|nobody listens|no socket of|not running|no such file/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'RuntimeHung',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'A container is started by the runtime; the start got no answer from it.',
    predicate: says(/no answer|did not answer|timed out|within|hung/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'DiskFull',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'The runtime itself says that there is no space left on its device.',
    predicate: says(/no space left|ENOSPC/i),
    leadMs: 60_000,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'FilesystemReadOnly',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'The runtime itself says that its file system is read-only.',
    predicate: says(/read-only file system|EROFS/i),
    leadMs: 60_000,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'RuntimeDown',
    consequence: 'KubeletUnhealthy',
    relation: 'same node',
    why: "The kubelet's own health answer names the container runtime.",
    predicate: says(/PLEG|container runtime/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: 300_000,
  },
  {
    cause: 'RuntimeHung',
    consequence: 'KubeletUnhealthy',
    relation: 'same node',
    why: "The kubelet's own health answer names the container runtime.",
    predicate: says(/PLEG|container runtime/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: 300_000,
  },
  {
    cause: 'DiskFull',
    consequence: 'StoreUnavailable',
    relation: 'same node',
    why: "The store's own error says that there is no space left.",
    predicate: (consequence, cause) => says(/no space|is full/i)(consequence) && liesOn(consequence, cause),
    leadMs: 60_000,
    lagMs: Infinity,
  },
  {
    cause: 'FilesystemReadOnly',
    consequence: 'StoreUnavailable',
    relation: 'same node',
    why: "The store's own error says that its file system takes no writes.",
    predicate: (consequence, cause) => says(/read-only/i)(consequence) && liesOn(consequence, cause),
    leadMs: 60_000,
    lagMs: Infinity,
  },
];
