/**
 * What a receiver is to be told, and when: pure, from what stands, what it was told by anybody, and whose turn it is. The
 * rules are those of Prometheus' Alertmanager in a cluster: whoever is next waits a little longer, looks whether somebody
 * has told it, and else tells it. In doubt it is told twice and not never.
 */
import type { FindingSeverity } from '../model/finding.ts';
import { type Wishes, covers, matters, topicOf } from './alert.ts';
import type { Kept } from './book.ts';
import type { Told } from './told-note.ts';
import type { Alert } from './types.ts';

export interface Timing {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
  readonly rankDelayMs: number;
  readonly resolveDelayMs: number;
}

/**
 * - `firing`: it was not told, or not as grave
 * - `repeat`: it was told long ago and still stands
 * - `resolved`: it was told, and is over
 * - `missed`: it was to be told, could not, and is over
 */
export type NewsKind = 'firing' | 'repeat' | 'resolved' | 'missed';

export interface News {
  readonly kept: Kept;
  readonly kind: NewsKind;
}

/** What is known of one receiver. */
export interface Case {
  readonly wishes: Wishes;
  readonly kept: readonly Kept[];
  readonly told: (fingerprint: string) => Told | undefined;
  /** All that it was told and that is not over, by whomever. */
  readonly firing: () => readonly (readonly [fingerprint: string, told: Told])[];
  /** It was to be told and could not. */
  readonly isOwed: (fingerprint: string) => boolean;
  readonly isSilenced: (alert: Alert) => boolean;
}

export function newsFor(one: Case, timing: Timing, nowMs: number): readonly News[] {
  return one.kept.flatMap((kept) => {
    const kind = kindOf(kept, one, timing, nowMs);
    return kind === undefined ? [] : [{ kept, kind }];
  });
}

/** In one message; who sends more of them to chats sends too much. What of the news has no room is told next time. */
const MOST_TOLD = 100;

/** What is told in one message: the news, what is critical and what is over before the rest, and what still stands. */
export function messageOf(one: Case, news: readonly News[]): readonly Kept[] {
  const fresh = news.map(({ kept }) => kept).sort((a, b) => urgency(b) - urgency(a));
  const known = new Set(fresh);
  const standing = one.kept.filter((kept) => !known.has(kept) && isTold(kept, one));
  return [...fresh, ...standing].slice(0, MOST_TOLD);
}

const urgency = ({ standing, alert: { severity } }: Kept): number =>
  standing === 'ended' ? 1 : severity === 'critical' ? 2 : 0;

/** It stands, and the receiver is one for whom it matters. */
const isTold = (kept: Kept, { wishes, isSilenced }: Case): boolean =>
  kept.standing === 'stands' &&
  kept.isCause &&
  matters(wishes, kept.alert, kept.alert.severity) &&
  !isSilenced(kept.alert);

function kindOf(kept: Kept, one: Case, timing: Timing, nowMs: number): NewsKind | undefined {
  if (kept.standing === 'ended') return kindOfEnded(kept, one, timing);
  if (!isTold(kept, one)) return undefined;
  const { fingerprint, severity } = kept.alert;
  const told = one.told(fingerprint);
  const isKnown = told?.state === 'firing' && kept.beganMs <= told.atMs + timing.resolveDelayMs;
  const known = isKnown ? told : (coverOf(kept, one) ?? told);
  if (known === undefined) return 'firing';
  if (known.state === 'resolved')
    // Who said so saw an end that this agent does not see: it may be about to hear of it.
    return kept.beganMs > known.atMs || nowMs - known.atMs >= timing.resolveDelayMs ? 'firing' : undefined;
  if (known === told && kept.beganMs > known.atMs + timing.resolveDelayMs) return 'firing';
  if (known.state === 'firing' && isWorse(severity, known)) return 'firing';
  return nowMs - known.atMs >= timing.repeatMs ? 'repeat' : undefined;
}

/** Only that it is critical now is news: most begin as less than they are. */
const isWorse = (severity: FindingSeverity, told: Pick<Told, 'severity'>): boolean =>
  severity === 'critical' && told.severity !== 'critical';

/** Another alert of the same story that is not over, of which the receiver was told. */
function coverOf(kept: Kept, { firing, kept: all, wishes }: Case): Told | undefined {
  const topic = topicOf(kept);
  const isOver = (fingerprint: string): boolean => {
    const other = all.find(({ alert }) => alert.fingerprint === fingerprint);
    // Of one that this agent never saw its end would have been told, where ends are.
    return other === undefined ? !wishes.sendResolved : other.standing === 'ended';
  };
  return firing()
    .filter(
      ([fingerprint, { about, severity }]) =>
        about !== undefined &&
        !isWorse(kept.alert.severity, { severity }) &&
        covers(about, topic) &&
        fingerprint !== kept.alert.fingerprint &&
        !isOver(fingerprint),
    )
    .map(([, told]) => told)
    .sort((a, b) => b.atMs - a.atMs)[0];
}

function kindOfEnded(kept: Kept, { wishes, told, isOwed, isSilenced }: Case, timing: Timing): NewsKind | undefined {
  const { alert, beganMs } = kept;
  const { fingerprint } = alert;
  if (isSilenced(alert)) return undefined;
  const known = told(fingerprint);
  const isKnown = known !== undefined && beganMs <= known.atMs + timing.resolveDelayMs;
  if (!isKnown) return isOwed(fingerprint) && matters(wishes, alert, alert.severity) ? 'missed' : undefined;
  if (known.state !== 'firing' || !wishes.sendResolved) return undefined;
  return matters(wishes, alert, known.severity) ? 'resolved' : undefined;
}

/** Since when each piece of news is known here. */
export type Noticed = (news: News) => number;

/** What the receiver was told before. */
export interface Before {
  /** When it was told anything last, by anybody. */
  readonly lastMs: number | undefined;
  /** Something critical stands of which it knows. */
  readonly knowsOfCritical: boolean;
}

/** When it is to be told; monotonic, ms. */
export function dueMs(news: readonly News[], noticedMs: Noticed, before: Before, timing: Timing): number {
  const { groupWaitMs, groupIntervalMs } = timing;
  // More of what was told long ago is not to be expected.
  const waitOf = ({ kind }: News): number => (kind === 'repeat' ? 0 : groupWaitMs);
  const waited = (some: readonly News[]): number => Math.min(...some.map((one) => noticedMs(one) + waitOf(one)));
  const grave = news.filter(({ kept, kind }) => kind === 'firing' && kept.alert.severity === 'critical');
  const usual = Math.max(waited(news), (before.lastMs ?? -Infinity) + groupIntervalMs);
  return Math.min(usual, before.knowsOfCritical ? Infinity : waited(grave));
}

/** Of what stands, something critical was told. */
export const knowsOfCritical = (one: Case): boolean =>
  one.kept.some((kept) => {
    const known = isTold(kept, one) ? one.told(kept.alert.fingerprint) : undefined;
    return known?.state === 'firing' && known.severity === 'critical';
  });
