/** What the diagnosis concludes over time, for whoever asks later what was known then. */
import type { Diagnosis, Finding } from '../model/finding.ts';
import {
  type AwayMember,
  HELD_BACK_MS,
  type StatusAt,
  type StatusChange,
  type StatusRecord,
  type StatusSpan,
  UNSEEN_MS,
} from '../model/past-status.ts';

export interface StatusLog {
  /**
   * What to write down after this diagnosis. Called once a second at least.
   *
   * @param now Unix ms
   * @param away members that are not alive; asked for only when something is new
   */
  review(diagnosis: Diagnosis, now: number, away: () => readonly AwayMember[]): readonly StatusChange[];
  /** What is known of this instant without the store: it is now, or is not written yet. */
  recall(at: number): StatusAt | undefined;
  /** Since when the present one holds, Unix ms; undefined before the first. */
  since(): number | undefined;
  /** Until when the one that began then held, where it was written a moment ago; undefined: the store knows. */
  endOf(from: number): number | undefined;
  /** What is left to be written when the agent ends. */
  close(): readonly StatusChange[];
}

/** JSON of one record at most. What does not fit is counted. */
const MOST_CHARACTERS = 16_384;
const MOST_AWAY = 100;
const MOST_NAMES = 30;
const MOST_WORDS = 5;
/**
 * What may be written: so many characters at once, and so many a second in the long run, 64 KiB a minute, of which
 * deflating leaves a fifth. A record costs a page at least. The largest one waits {@link HELD_BACK_MS} for it.
 */
const BURST_CHARACTERS = 131_072;
const CHARACTERS_PER_MS = 1.1;
const LEAST_COST = 4096;
/** The store writes once a second what some changes may have brought. */
const MOST_ENDS = 32;

/** A span that goes on. */
interface Open extends StatusSpan {
  until: number;
  readonly key: string;
  readonly body: string;
  isWritten: boolean;
}

export function createStatusLog(): StatusLog {
  let open: Open | undefined;
  let budget = BURST_CHARACTERS;
  let paidAt = -Infinity;
  const ends = new Map<number, number>();

  const begin = (diagnosis: Diagnosis, key: string, now: number, away: readonly AwayMember[]): Open => {
    const record = toRecord(diagnosis, away);
    return { from: now, until: now, record, key, body: JSON.stringify(record), isWritten: false };
  };
  const write = (span: Open): StatusChange => {
    span.isWritten = true;
    budget -= costOf(span);
    return { from: span.from, until: span.until, body: span.body };
  };
  /** What was not written leaves a gap between the one before it and the next. */
  const end = ({ from, until, isWritten }: Open): StatusChange[] => {
    if (!isWritten) return [];
    ends.set(from, until);
    for (const first of ends.keys()) if (ends.size > MOST_ENDS) ends.delete(first);
    return [{ from, until }];
  };

  return {
    review(diagnosis, now, away) {
      const key = keyOf(diagnosis);
      const changes: StatusChange[] = [];
      // The agent was paused, or its clock was set: it did not look in between, or there was no such time.
      const isUnseen = open !== undefined && Math.abs(now - open.until) > UNSEEN_MS / 3;
      if (open === undefined || isUnseen || open.key !== key) {
        // It held until now, when this follows.
        if (open !== undefined && !isUnseen) open.until = Math.max(open.until, now);
        if (open !== undefined) changes.push(...(isUnseen && !open.isWritten ? [write(open)] : end(open)));
        open = begin(diagnosis, key, now, away());
      }
      open.until = now;
      budget = Math.min(BURST_CHARACTERS, budget + Math.max(0, now - paidAt) * CHARACTERS_PER_MS);
      paidAt = now;
      if (!open.isWritten && budget >= costOf(open)) changes.push(write(open));
      return changes;
    },
    recall(at) {
      if (open === undefined || at < open.from) return undefined;
      const { from, until, record } = open;
      const isSeen = at - until <= UNSEEN_MS;
      return { span: { from, until: isSeen ? Math.max(until, at) : until, record }, over: {} };
    },
    since: () => open?.from,
    endOf: (from) => ends.get(from),
    close() {
      if (open === undefined) return [];
      return open.isWritten ? end(open) : [write(open)];
    },
  };
}

const costOf = ({ body }: Open): number =>
  Math.min(HELD_BACK_MS * CHARACTERS_PER_MS, Math.max(LEAST_COST, body.length));

const BLIND = /could not look: [^;]*/;

/** Figures in sentences change all the time and are no news; the record has them as they were at first. */
const keyOf = ({ status, sentence, findings, view }: Diagnosis): string =>
  JSON.stringify([
    status,
    // Which checks are blind is no finding, and stands nowhere else.
    status === 'healthy' ? BLIND.exec(sentence)?.[0] : undefined,
    view.settled,
    view.members,
    view.component,
    findings.map(({ id, severity, nodeSeverity, causedBy, nodes, alternatives }) => [
      id,
      severity,
      nodeSeverity,
      causedBy,
      nodes,
      alternatives,
    ]),
  ]);

/** @param away by name */
function toRecord({ status, sentence, view, findings }: Diagnosis, away: readonly AwayMember[]): StatusRecord {
  const kept: Finding[] = [];
  let characters = 0;
  for (const finding of findings) {
    const short = shortened(finding);
    characters += JSON.stringify(short).length;
    if (characters > MOST_CHARACTERS) break;
    kept.push(short);
  }
  return {
    status,
    sentence,
    view,
    findings: kept,
    leftOut: findings.length - kept.length,
    away: away.slice(0, MOST_AWAY),
    awayLeftOut: Math.max(0, away.length - MOST_AWAY),
  };
}

const shortened = (finding: Finding): Finding => ({
  ...finding,
  ...(finding.nodes !== undefined && { nodes: finding.nodes.slice(0, MOST_NAMES) }),
  observers: finding.observers.slice(0, MOST_NAMES),
  dissent: finding.dissent.slice(0, MOST_NAMES),
  evidence: finding.evidence.slice(0, MOST_WORDS),
  alternatives: finding.alternatives.slice(0, MOST_WORDS),
  next: finding.next.slice(0, MOST_WORDS),
});
