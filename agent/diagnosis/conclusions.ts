/**
 * What the diagnosis concluded of nodes and of the paths between them, as entries of the timeline. What checks found is
 * in their nodes' own logs; nobody else writes these down.
 */
import type { Diagnosis, Finding } from '../model/finding.ts';
import type { TimelineEvent } from '../model/timeline.ts';

export interface Conclusions {
  /** What to write down after this diagnosis. Called about once a second. */
  review(diagnosis: Diagnosis): readonly TimelineEvent[];
}

export type ConclusionEvent = Extract<TimelineEvent, { kind: 'concluded' | 'resolved' }>;

/** Nodes of one fault are lost one after the other: what is replaced within this time is not written down. */
const STEADY_MS = 2000;
/** They are about a moment, or pass by themselves: their end is no news. */
const NEVER_OVER: ReadonlySet<string> = new Set(['Partition', 'NodeRebooted', 'NodeLeaving']);

/** @param past what earlier runs wrote, oldest first: what they left open is taken up */
export function createConclusions(past: readonly TimelineEvent[] = []): Conclusions {
  const open = new Map<string, ConclusionEvent>();
  /** Since when a finding is there, or gone, without being written down. */
  const appeared = new Map<string, number>();
  const vanished = new Map<string, number>();
  for (const event of past) {
    if (event.kind === 'concluded') open.set(keyOf(event), event);
    if (event.kind === 'resolved') open.delete(keyOf(event));
  }

  const begin = (finding: Finding, now: number): TimelineEvent[] => {
    const key = keyOf(finding);
    vanished.delete(key);
    if (open.has(key)) return [];
    const since = appeared.get(key) ?? now;
    appeared.set(key, since);
    if (now - since < STEADY_MS) return [];
    const event = toEvent(finding);
    appeared.delete(key);
    open.set(key, event);
    return [event];
  };
  const end = (key: string, event: ConclusionEvent, now: number): TimelineEvent[] => {
    const since = vanished.get(key) ?? now;
    vanished.set(key, since);
    if (now - since < STEADY_MS) return [];
    vanished.delete(key);
    open.delete(key);
    return NEVER_OVER.has(event.reason) ? [] : [{ ...event, kind: 'resolved', at: since }];
  };

  return {
    review({ findings, view, at }) {
      // An agent that has just started knows too little to call anything over, or new.
      if (!view.settled) return [];
      const told = findings.filter(({ check }) => check === undefined);
      const keys = new Set(told.map(keyOf));
      for (const key of appeared.keys()) if (!keys.has(key)) appeared.delete(key);
      const over = [...open].filter(([key]) => !keys.has(key)).flatMap(([key, event]) => end(key, event, at));
      return [...over, ...told.flatMap((finding) => begin(finding, at))];
    },
  };
}

const keyOf = ({ reason, node, subject }: Pick<ConclusionEvent, 'reason' | 'node' | 'subject'>): string =>
  JSON.stringify([reason, node, subject ?? '']);

const toEvent = ({ reason, node, subject, severity, sentence, since }: Finding): ConclusionEvent => ({
  kind: 'concluded',
  at: since,
  node,
  reason,
  severity,
  message: sentence,
  ...(subject !== undefined && { subject }),
});
