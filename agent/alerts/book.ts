/**
 * What this agent has seen stand, and what of it is over. A finding that is not there any more is over only when it was
 * away for a while, and when somebody could have seen it: of a node that is lost nobody can tell. What a rule says is over
 * when that is said.
 */
import { type SeenAlert, graver, isKin } from './alert.ts';
import { MOST_OF_ONE } from './rule-alerts.ts';

/**
 * - `stands`: it is found now
 * - `away`: it is not, and that may pass, or nobody can look
 * - `ended`: it is over
 */
export const STANDINGS = ['stands', 'away', 'ended'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Kept extends Omit<SeenAlert, 'isHistory' | 'roundAt'> {
  readonly standing: Standing;
  /** All nodes that it was about since it is here, sorted. */
  readonly reach: readonly string[];
  /** Since when it is here, its absences counted in; monotonic, ms. */
  readonly beganMs: number;
  /** Since when it is not found any more; monotonic, ms. */
  readonly awayMs?: number;
  /** Of what a rule says, where it stands: when it wanted people to hear of it last; monotonic, ms. */
  readonly roundMs?: number;
}

/** When and whereby is looked. */
export interface Look {
  /** Monotonic, ms. */
  readonly nowMs: number;
  /** Unix ms. */
  readonly now: number;
  /** False: what there is on that node cannot be told from here. */
  readonly isVisible: (node: string) => boolean;
  /** The end of it is still to be told to somebody: when it comes back it was never gone. */
  readonly isEndAwaited: (fingerprint: string) => boolean;
}

export interface Book {
  /** Takes in what is found now. */
  follow(seen: readonly SeenAlert[], look: Look): void;
  all(): readonly Kept[];
  get(fingerprint: string): Kept | undefined;
  /** Nobody needs to hear of it any more. */
  drop(fingerprint: string): void;
  /** From the run before: it is not known how it is now. */
  recall(kept: readonly Kept[], nowMs: number): void;
}

/** A rule that nobody has ended for so long is not there any more. */
const FORGET_RULE_MS = 24 * 3_600_000;

/** A large cluster that breaks down has hundreds. */
export const MAX_KEPT = 1000;

/** A rule fires once more after its end: that is told, whoever waits for the end. */
const isAnew = ({ alert }: SeenAlert, { alert: { endedAt = Infinity } }: SeenAlert): boolean =>
  alert.rule !== undefined && alert.since > endedAt;

/** Whoever has the key may say as many words as it likes, old ones too: they never take the place of a finding. */
const worthOf = ({ alert, standing }: Kept): number => (alert.rule === undefined ? 2 : standing === 'away' ? 0 : 1);

/** What can be missed first: of those that began together the newest. */
const byWorth = (a: Kept, b: Kept): number =>
  worthOf(a) - worthOf(b) ||
  Number(a.isCause) - Number(b.isCause) ||
  Number(b.standing === 'ended') - Number(a.standing === 'ended') ||
  graver(a.alert.severity, b.alert.severity) ||
  b.beganMs - a.beganMs;

/** Sorted; the first one itself where the second has nothing more. */
function together(one: readonly string[], other: readonly string[]): readonly string[] {
  const names = new Set(one);
  const more = other.filter((name) => !names.has(name));
  return more.length === 0 ? one : [...one, ...more].sort();
}

export function createBook(resolveDelayMs: number): Book {
  const kept = new Map<string, Kept>();

  const meet = ({ isHistory = false, roundAt, ...one }: SeenAlert, { nowMs, now, isEndAwaited }: Look): void => {
    const { fingerprint, since, endedAt } = one.alert;
    const known = kept.get(fingerprint);
    // What nobody answers for begins nothing.
    if (isHistory && endedAt === undefined && (known === undefined || known.standing === 'ended')) return;
    const isSame =
      known !== undefined && (known.standing !== 'ended' || (!isAnew(one, known) && isEndAwaited(fingerprint)));
    const toMono = (at: number): number => Math.min(nowMs, nowMs - (now - at));
    const sinceMs = toMono(since);
    const roundMs = one.alert.rule === undefined ? undefined : toMono(roundAt ?? since);
    // What was found before it was gone may be found again as if it had been there all the time.
    const beganMs = isSame ? known.beganMs : known === undefined || one.alert.rule !== undefined ? sinceMs : nowMs;
    const reach = isSame ? together(known.reach, one.alert.nodes) : one.alert.nodes;
    const standing = { ...one, reach, standing: 'stands', beganMs, ...(roundMs !== undefined && { roundMs }) } as const;
    if (endedAt === undefined) kept.set(fingerprint, standing);
    else {
      const awayMs = toMono(endedAt);
      const began = known === undefined || isAnew(one, known) ? sinceMs : known.beganMs;
      kept.set(fingerprint, { ...one, reach, standing: 'ended', beganMs: began, awayMs });
    }
  };
  /** Undefined: nobody was told of it, and it goes on as part of what is wider; or of a rule nothing is heard any more. */
  const miss = (one: Kept, seen: readonly SeenAlert[], look: Look): Kept | undefined => {
    const { nowMs, now, isVisible, isEndAwaited } = look;
    const { awayMs = nowMs, alert } = one;
    if (alert.rule !== undefined)
      return nowMs - awayMs > FORGET_RULE_MS ? undefined : { ...one, standing: 'away', awayMs };
    const kin = seen.find((other) => isKin(one, other));
    const isPart = one.reach.length === 1 && (kin?.alert.nodes.length ?? 0) > 1;
    if (isPart && !isEndAwaited(alert.fingerprint)) return undefined;
    const couldBeSeen = kin === undefined && alert.nodes.every(isVisible);
    if (!couldBeSeen) return { ...one, standing: 'away', awayMs: nowMs };
    if (nowMs - awayMs < resolveDelayMs) return { ...one, standing: 'away', awayMs };
    return { ...one, standing: 'ended', awayMs, alert: { ...alert, endedAt: now - (nowMs - awayMs) } };
  };
  const dropAllBut = (most: number, those: readonly Kept[]): void => {
    if (those.length <= most) return;
    for (const { alert } of those.toSorted(byWorth).slice(0, those.length - most)) kept.delete(alert.fingerprint);
  };
  const bound = (): void => {
    const ofRules = [...kept.values()].filter(({ alert }) => alert.rule !== undefined);
    if (ofRules.length > MOST_OF_ONE)
      for (const those of Map.groupBy(ofRules, ({ alert }) => alert.observers[0]).values())
        dropAllBut(MOST_OF_ONE, those);
    dropAllBut(MAX_KEPT, [...kept.values()]);
  };

  return {
    follow(seen, look) {
      for (const one of seen) meet(one, look);
      const present = new Set(seen.map(({ alert }) => alert.fingerprint));
      for (const [fingerprint, one] of kept) {
        if (present.has(fingerprint) || one.standing === 'ended') continue;
        const missed = miss(one, seen, look);
        if (missed === undefined) kept.delete(fingerprint);
        else kept.set(fingerprint, missed);
      }
      bound();
    },
    all: () => [...kept.values()],
    get: (fingerprint) => kept.get(fingerprint),
    drop: (fingerprint) => void kept.delete(fingerprint),
    recall(past, nowMs) {
      for (const one of past) {
        const { fingerprint } = one.alert;
        const known = kept.get(fingerprint);
        const beganMs = Math.min(known?.beganMs ?? Infinity, one.beganMs);
        const reach = together(one.reach, known?.reach ?? []);
        if (known !== undefined) kept.set(fingerprint, { ...known, beganMs, reach });
        else kept.set(fingerprint, one.standing === 'ended' ? one : { ...one, standing: 'away', awayMs: nowMs });
      }
      bound();
    },
  };
}
