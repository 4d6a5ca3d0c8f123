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

/** A conclusion that was written down and is not over. */
interface Open {
  readonly event: ConclusionEvent;
  /** Whom it is about now. */
  readonly nodes: readonly string[];
}

export type ConclusionEvent = Extract<TimelineEvent, { kind: 'concluded' | 'resolved' }>;

/** Nodes of one fault are lost one after the other: what is replaced within this time is not written down. */
const STEADY_MS = 2000;
/** What is over has time: its story comes in pieces, from the logs of many, and is written down when it is whole. */
const WHOLE_MS = 15_000;
const STORIES: ReadonlySet<string> = new Set(['Partition']);
/** They are about a moment, or pass by themselves: their end is no news. */
const NEVER_OVER: ReadonlySet<string> = new Set(['Partition', 'NodeRebooted', 'NodeLeaving']);

const LOSSES: ReadonlySet<string> = new Set(['NodeUnreachable', 'NodesLost']);

/** @param past what earlier runs wrote, oldest first: what they left open is taken up */
export function createConclusions(past: readonly TimelineEvent[] = []): Conclusions {
  const open = new Map<string, Open>();
  /** Since when a finding is there, or gone, without being written down. */
  const appeared = new Map<string, { readonly since: number; readonly sentence: string }>();
  const vanished = new Map<string, number>();
  for (const event of past) {
    if (event.kind === 'concluded') open.set(keyOf(event), { event, nodes: [event.node] });
    if (event.kind === 'resolved') open.delete(keyOf(event));
  }

  const begin = (finding: Finding, now: number): TimelineEvent[] => {
    const key = keyOf(finding);
    if (open.has(key)) return [];
    const isStory = STORIES.has(finding.reason);
    const known = appeared.get(key);
    const since = known === undefined || (isStory && known.sentence !== finding.sentence) ? now : known.since;
    appeared.set(key, { since, sentence: finding.sentence });
    if (now - since < (isStory ? WHOLE_MS : STEADY_MS)) return [];
    const event = toEvent(finding);
    appeared.delete(key);
    open.set(key, { event, nodes: nodesOf(finding) });
    return [event];
  };
  /**
   * Findings that were written down under another node, with the key of that conclusion: nodes joined it, or came back.
   */
  const carryOver = (told: readonly Finding[], keys: ReadonlySet<string>): ReadonlyMap<Finding, string> => {
    const carried = new Map<Finding, string>();
    for (const finding of told) {
      if (open.has(keyOf(finding)) || finding.nodes === undefined) continue;
      const isSame = ({ event: { reason }, nodes }: Open): boolean =>
        reason === finding.reason && nodes.some((node) => finding.nodes?.includes(node));
      const former = [...open].find(([key, one]) => !keys.has(key) && isSame(one))?.[0];
      if (former !== undefined) carried.set(finding, former);
    }
    return carried;
  };
  /** Who is lost with others now is not back: a loss that was written down before is over when theirs is. */
  const partsOf = (told: readonly Finding[]): readonly string[] => {
    const lost = new Set(told.filter(({ reason }) => reason === 'NodesLost').flatMap(nodesOf));
    const isPart = ({ event: { reason }, nodes }: Open): boolean =>
      LOSSES.has(reason) && nodes.every((node) => lost.has(node));
    return [...open].filter(([, one]) => isPart(one)).map(([key]) => key);
  };
  const end = (key: string, { event }: Open, now: number): TimelineEvent[] => {
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
      const carried = carryOver(told, keys);
      const present = new Set([...keys, ...partsOf(told), ...carried.values()]);
      for (const key of present) vanished.delete(key);
      for (const finding of told) {
        const key = carried.get(finding) ?? keyOf(finding);
        const known = open.get(key);
        if (known !== undefined) open.set(key, { ...known, nodes: nodesOf(finding) });
      }
      const fresh = told.filter((finding) => !carried.has(finding));
      const over = [...open].filter(([key]) => !present.has(key)).flatMap(([key, one]) => end(key, one, at));
      return [...over, ...fresh.flatMap((finding) => begin(finding, at))];
    },
  };
}

const nodesOf = ({ node, nodes }: Finding): readonly string[] => nodes ?? [node];

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
