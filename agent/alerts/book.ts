/**
 * What this agent has seen stand, and what of it is over. A finding that is not there any more is over only when it was
 * away for a while, and when somebody could have seen it: of a node that is lost nobody can tell.
 */
import { type SeenAlert, graver, isKin } from './alert.ts';

/**
 * - `stands`: it is found now
 * - `away`: it is not, and that may pass, or nobody can look
 * - `ended`: it is over
 */
export const STANDINGS = ['stands', 'away', 'ended'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Kept extends SeenAlert {
  readonly standing: Standing;
  /** All nodes that it was about since it is here, sorted. */
  readonly reach: readonly string[];
  /** Since when it is here, its absences counted in; monotonic, ms. */
  readonly beganMs: number;
  /** Since when it is not found any more; monotonic, ms. */
  readonly awayMs?: number;
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

/** A large cluster that breaks down has hundreds. */
export const MAX_KEPT = 1000;

/** Sorted; the first one itself where the second has nothing more. */
function together(one: readonly string[], other: readonly string[]): readonly string[] {
  const names = new Set(one);
  const more = other.filter((name) => !names.has(name));
  return more.length === 0 ? one : [...one, ...more].sort();
}

export function createBook(resolveDelayMs: number): Book {
  const kept = new Map<string, Kept>();

  const meet = (one: SeenAlert, { nowMs, now, isEndAwaited }: Look): void => {
    const { fingerprint, since } = one.alert;
    const known = kept.get(fingerprint);
    const isSame = known !== undefined && (known.standing !== 'ended' || isEndAwaited(fingerprint));
    const beganMs = isSame ? known.beganMs : Math.min(nowMs, nowMs - (now - since));
    const isAgain = known !== undefined && !isSame;
    const reach = isSame ? together(known.reach, one.alert.nodes) : one.alert.nodes;
    kept.set(fingerprint, { ...one, reach, standing: 'stands', beganMs: isAgain ? nowMs : beganMs });
  };
  /** Undefined: nobody was told of it, and it goes on as part of what is wider. */
  const miss = (one: Kept, seen: readonly SeenAlert[], look: Look): Kept | undefined => {
    const { nowMs, now, isVisible, isEndAwaited } = look;
    const { awayMs = nowMs, alert } = one;
    const kin = seen.find((other) => isKin(one, other));
    const isPart = one.reach.length === 1 && (kin?.alert.nodes.length ?? 0) > 1;
    if (isPart && !isEndAwaited(alert.fingerprint)) return undefined;
    const couldBeSeen = kin === undefined && alert.nodes.every(isVisible);
    if (!couldBeSeen) return { ...one, standing: 'away', awayMs: nowMs };
    if (nowMs - awayMs < resolveDelayMs) return { ...one, standing: 'away', awayMs };
    return { ...one, standing: 'ended', awayMs, alert: { ...alert, endedAt: now - (nowMs - awayMs) } };
  };
  const bound = (): void => {
    if (kept.size <= MAX_KEPT) return;
    const leastFirst = [...kept.values()].sort(
      (a, b) =>
        Number(a.isCause) - Number(b.isCause) ||
        Number(b.standing === 'ended') - Number(a.standing === 'ended') ||
        graver(a.alert.severity, b.alert.severity) ||
        b.beganMs - a.beganMs,
    );
    for (const { alert } of leastFirst.slice(0, kept.size - MAX_KEPT)) kept.delete(alert.fingerprint);
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
