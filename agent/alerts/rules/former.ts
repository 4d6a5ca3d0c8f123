/** What is kept of rules that were changed or are gone: whom they told of what, so that nobody hears of an end that is none. */
import { type Key, type Now, end, isFiring, showFiring } from './key.ts';
import { type RuleRun, SHOWN_MS } from './run.ts';
import type { JudgedAlert, Rule } from './types.ts';

export interface Former {
  /** It is gone: what fires of it is over. */
  readonly add: (run: Left, now: Now) => void;
  /** Those that were called so, the latest first. */
  readonly of: (name: string) => readonly Left[];
  /** What of it is over, without what is told by rules that there are. */
  readonly without: (alerts: readonly JudgedAlert[], now: Now) => readonly JudgedAlert[];
  readonly look: (nowMs: number) => void;
}

/** A rule, and what there is of its keys. */
export type Left = Pick<RuleRun, 'rule' | 'keys'>;

/** Keys of all of them. */
const MAX_KEYS = 1000;

export function createFormer(): Former {
  /** The latest first. */
  let all: (Left & { readonly atMs: number })[] = [];
  return {
    add({ rule, keys }, now) {
      const left = [...keys]
        .filter(([, { firing, pause }]) => firing !== undefined || pause !== undefined)
        .toSorted(([, a], [, b]) => Number(isFiring(b)) - Number(isFiring(a)))
        .slice(0, MAX_KEYS)
        .map(([id, key]): [string, Key] => [id, { ...key, counts: undefined, distinct: undefined }]);
      if (left.length === 0) return;
      for (const [, key] of left) if (key.firing !== undefined && isFiring(key)) end(key.firing, now);
      all.unshift({ rule, keys: new Map(left), atMs: now.mono });
      let room = MAX_KEYS;
      all = all.filter((one) => (room -= one.keys.size) >= 0);
    },
    of: (name) => all.filter(({ rule }) => rule.name === name),
    without(alerts, now) {
      if (all.length === 0) return [];
      const known = new Set(alerts.map(({ fingerprint }) => fingerprint));
      return all.flatMap(({ rule, keys }) => [...keys.values()].flatMap((key) => shownOf(rule, key, known, now)));
    },
    look(nowMs) {
      all = all.filter(({ atMs }) => nowMs - atMs < SHOWN_MS);
    },
  };
}

/** Of one that came and went several times the latest is told. */
function shownOf(rule: Rule, key: Key, known: Set<string>, now: Now): readonly JudgedAlert[] {
  if (key.firing === undefined) return [];
  const alert = showFiring(rule, key, key.firing, now);
  if (known.has(alert.fingerprint)) return [];
  known.add(alert.fingerprint);
  return [alert];
}

/**
 * People who were told of it are left alone for as long, though somebody changed the rule meanwhile; and what fires goes on
 * until the rule, as it is now, could see that it does not.
 */
export function carryOver({ rule, keys }: Left, after: RuleRun, now: Now): void {
  const { source, queryKey, timeframeMs } = after.rule;
  if (rule.source !== source || rule.queryKey.join() !== queryKey.join()) return;
  const those = [...keys].filter(([, { firing, pause }]) => firing !== undefined || pause !== undefined);
  for (const [id, before] of those.toSorted(([, a], [, b]) => Number(isFiring(b)) - Number(isFiring(a)))) {
    const { pause, round, roundMs, touchedMs, facts, firing } = before;
    const key = after.keyOf(id, touchedMs, now.mono);
    if (key === undefined) continue;
    // What it counts from now on tells within its time.
    const trueUntilMs = isFiring(before) ? Math.max(before.trueUntilMs, now.mono + timeframeMs) : before.trueUntilMs;
    Object.assign(key, { round, roundMs, touchedMs, facts, trueUntilMs });
    if (pause !== undefined) key.pause = pause;
    if (firing !== undefined) key.firing = { ...firing, shown: undefined };
    keys.delete(id);
  }
}
