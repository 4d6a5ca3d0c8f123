/** One finding of each id: what has the same reason, node and subject is one thing, however many problems tell of it. */
import { type Draft, bySeverity } from './rule.ts';

export const findingId = ({ reason, node, subject }: Pick<Draft, 'reason' | 'node' | 'subject'>): string =>
  [reason, node, subject].filter((part) => part !== undefined).join('/');

/**
 * A file system may lack both bytes and inodes, and an agent of another version may call a server both down and silent. The
 * gravest speaks, the oldest first, with what was seen of the others. What has ended stays apart from what lasts.
 */
export function oneOfEach(drafts: readonly Draft[]): readonly Draft[] {
  const byId = Map.groupBy(drafts, (draft) => `${draft.endedMs === undefined ? 'lasts' : 'ended'} ${findingId(draft)}`);
  return byId.size === drafts.length ? drafts : [...byId.values()].map(merged);
}

function merged(drafts: readonly Draft[]): Draft {
  const [first, ...others] = drafts.toSorted(
    (a, b) => bySeverity(a.severity, b.severity) || bySeverity(a.nodeSeverity, b.nodeSeverity) || a.since - b.since,
  ) as [Draft, ...Draft[]];
  if (others.length === 0) return first;
  const all = [first, ...others];
  const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];
  return {
    ...first,
    since: Math.min(...all.map(({ since }) => since)),
    observers: union(all.map(({ observers }) => observers)).sort(),
    evidence: union(all.map(({ evidence }) => evidence)),
    next: union(all.map(({ next }) => next)),
    ...(first.endedMs !== undefined && { endedMs: Math.min(...all.map(({ endedMs = Infinity }) => endedMs)) }),
  };
}
