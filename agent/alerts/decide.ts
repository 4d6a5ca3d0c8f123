/**
 * What a receiver is to be told, and when: pure, from what stands, what it was told by anybody, and whose turn it is. The
 * rules are those of Prometheus' Alertmanager in a cluster: whoever is next waits a little longer, looks whether somebody
 * has told it, and else tells it. In doubt it is told twice and not never.
 */
import type { FindingSeverity } from '../model/finding.ts';
import { type Wishes, isAlike, matters } from './alert.ts';
import type { Kept } from './book.ts';
import type { LastTold } from './told-log.ts';
import { MAX_ROUND, type Told } from './told-note.ts';
import type { Alert, RuleWords } from './types.ts';

export interface Timing {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
  readonly rankDelayMs: number;
  readonly resolveDelayMs: number;
  /** It takes for over what it does not hear of again and again: rounds of rules are its own business. */
  readonly isRefreshed?: boolean;
}

/**
 * - `firing`: it was not told, or not as grave, or a rule wants it told again
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
  /** What it was told is remembered for so long, ms. */
  readonly keepMs: number;
  /** What of it is not over and is or was about several nodes. */
  readonly wide: () => readonly Kept[];
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

/**
 * What is told in one message: what is new, what is critical of it and what is over before the rest, of each findings before
 * what rules say, then what was told longest ago, so that where there is more than has room each has its turn.
 *
 * What a rule says is told when it wants that, and not beside the rest.
 *
 * @param most undefined: as many as people read
 */
export function messageOf(
  one: Case,
  news: readonly News[],
  { isRefreshed = false }: Pick<Timing, 'isRefreshed'>,
  most = MOST_TOLD,
): readonly Kept[] {
  const toldMs = ({ alert }: Kept): number => one.told(alert.fingerprint)?.atMs ?? -Infinity;
  const fresh = news.filter(({ kind }) => kind !== 'repeat').map(({ kept }) => kept);
  const known = new Set(fresh);
  const standing = one.kept.filter((kept) => !known.has(kept) && isTold(kept, one) && (isRefreshed || !isOfRule(kept)));
  const byUse = (a: Kept, b: Kept): number => urgency(b) - urgency(a) || Number(isOfRule(a)) - Number(isOfRule(b));
  return [...fresh.sort(byUse), ...standing.sort((a, b) => toldMs(a) - toldMs(b))].slice(0, most);
}

/** A story that is wider than it was told by so much is news: of one that grows by one at a time a few times. */
const WIDER = 2;

const urgency = ({ standing, alert: { severity } }: Kept): number =>
  standing === 'ended' ? 1 : severity === 'critical' ? 2 : 0;

export const isOfRule = ({ alert }: Kept): boolean => alert.rule !== undefined;

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
  if (kept.alert.rule !== undefined && timing.isRefreshed !== true)
    return isRoundNew(kept, kept.alert.rule, told, { ...timing, keepMs: one.keepMs }, nowMs) ? 'firing' : undefined;
  const isKnown = isKnownBy(told, kept, timing);
  const known = isKnown ? told : (coverOf(kept, one, timing) ?? told);
  if (known === undefined) return 'firing';
  if (known.state === 'resolved')
    // Who said so saw an end that this agent does not see: it may be about to hear of it.
    return kept.beganMs > known.atMs || nowMs - known.atMs >= timing.resolveDelayMs ? 'firing' : undefined;
  if (known === told && kept.beganMs > known.atMs + timing.resolveDelayMs) return 'firing';
  if (known.state === 'firing' && isWorse(severity, known)) return 'firing';
  if (isKnown && kept.reach.length > 1 && kept.reach.length >= WIDER * told.size) return 'firing';
  return nowMs - known.atMs >= timing.repeatMs ? 'repeat' : undefined;
}

/** Instants of several agents differ by a fraction of a second, and what is told at once is told then. */
const SAME_MS = 2000;

/**
 * The rule wants it told once more: it has let a round through since it was told last. That one may have an earlier number:
 * whoever judges counts anew what was over for an hour, and what nobody has left to it. What fires without such a round is
 * within a pause of which people know.
 */
function isRoundNew(
  { beganMs, roundMs = beganMs }: Kept,
  { round }: RuleWords,
  told: Told | undefined,
  { resolveDelayMs, keepMs }: Pick<Timing, 'resolveDelayMs'> & Pick<Case, 'keepMs'>,
  nowMs: number,
): boolean {
  // Of what was let through before it began nobody may remember that it was told.
  if (told === undefined) return roundMs >= beganMs - SAME_MS || nowMs - roundMs < keepMs;
  if (Math.min(MAX_ROUND, round) > (told.ruleRound ?? 0)) return true;
  if (roundMs > told.atMs + SAME_MS) return true;
  // Who said that it is over saw an end that this agent does not see.
  return told.state === 'resolved' && beganMs <= told.atMs + SAME_MS && nowMs - told.atMs >= resolveDelayMs;
}

/** The end of it is the end of what was told: of a rule also where it fired again without a word. */
export const endsTold = (
  { beganMs, alert }: Kept,
  told: Told,
  { resolveDelayMs }: Pick<Timing, 'resolveDelayMs'>,
): boolean => (alert.rule !== undefined && told.state === 'firing') || beganMs <= told.atMs + resolveDelayMs;

/** Only that it is critical now is news: most begin as less than they are. */
const isWorse = (severity: FindingSeverity, told: Pick<Told, 'severity'>): boolean =>
  severity === 'critical' && told.severity !== 'critical';

/** The receiver was told of this one, and not of one that was before it. */
const isKnownBy = (
  told: Told | undefined,
  { beganMs }: Kept,
  { resolveDelayMs }: Pick<Timing, 'resolveDelayMs'>,
): told is Told => told?.state === 'firing' && beganMs <= told.atMs + resolveDelayMs;

/** A story of several nodes, this one among them, that is not over, and of which the receiver was told. */
function coverOf(kept: Kept, { wide, told }: Case, timing: Pick<Timing, 'resolveDelayMs'>): Told | undefined {
  const { nodes, severity, fingerprint } = kept.alert;
  return wide()
    .filter(
      (other) =>
        other.alert.fingerprint !== fingerprint &&
        isAlike(kept, other) &&
        nodes.every((node) => other.reach.includes(node)),
    )
    .map((other) => ({ other, word: told(other.alert.fingerprint) }))
    .flatMap(({ other, word }) => (isKnownBy(word, other, timing) && !isWorse(severity, word) ? [word] : []))
    .sort((a, b) => b.atMs - a.atMs)[0];
}

function kindOfEnded(kept: Kept, { wishes, told, isOwed, isSilenced }: Case, timing: Timing): NewsKind | undefined {
  const { alert } = kept;
  const { fingerprint } = alert;
  if (isSilenced(alert)) return undefined;
  const known = told(fingerprint);
  const isKnown = known !== undefined && endsTold(kept, known, timing);
  if (!isKnown) return isOwed(fingerprint) && matters(wishes, alert, alert.severity) ? 'missed' : undefined;
  if (known.state !== 'firing' || !wishes.sendResolved) return undefined;
  return matters(wishes, alert, known.severity) ? 'resolved' : undefined;
}

/** Since when each piece of news is known here. */
export type Noticed = (news: News) => number;

/** What the receiver was told before. */
export interface Before {
  /** When it was told anything last. */
  readonly last: LastTold;
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
  const soonest = waited(news);
  // Others may say for ever that they have just told something.
  const afterOthers = Math.min(before.last.byOthersMs + groupIntervalMs, soonest + 2 * groupIntervalMs);
  const usual = Math.max(soonest, before.last.byThisMs + groupIntervalMs, afterOthers);
  return Math.min(usual, before.knowsOfCritical ? Infinity : waited(grave));
}

/** Of what stands, something critical was told. */
export const knowsOfCritical = (one: Case, timing: Pick<Timing, 'resolveDelayMs'>): boolean =>
  one.kept.some((kept) => {
    if (kept.alert.severity !== 'critical' || !isTold(kept, one)) return false;
    const told = one.told(kept.alert.fingerprint);
    return (told?.state === 'firing' && told.severity === 'critical') || coverOf(kept, one, timing) !== undefined;
  });
