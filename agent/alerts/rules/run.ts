/** One rule at work: the values of its key, what it found, and whether its silence says anything. */
import { formatDuration } from '../../model/text.ts';
import type { RuleState } from '../../model/rule-alert.ts';
import { LATE_MS } from './count-window.ts';
import {
  type Firing,
  type Key,
  type Match,
  type Now,
  createKey,
  end,
  isFiring,
  keyIdIn,
  keyTextOf,
  keyValuesOf,
  match,
  showFiring,
  sizeOf,
} from './key.ts';
import { isForgettable } from './realert.ts';
import type { SaidBook } from './said.ts';
import { partsOf } from './spread.ts';
import type { Facts, Observation, Rule, RuleEngineDeps } from './types.ts';

/** Values of the key of one rule. */
export const MAX_KEYS = 2000;
/** So many go together when there are too many, so that not every new one costs a search. */
const GIVEN_UP = 200;
/** From so many on they are kept in the order in which they were seen. */
const ORDERED_FROM = 1000;
const FULL_MS = 1000;
/** What is over is shown for so long. */
export const SHOWN_MS = 3_600_000;
/** A key that may be missing is not missed any more after so long. */
const MISSED_MS = 24 * 3_600_000;
/** What a rule could not see makes its silence say nothing for its time, and for so long at least. */
const BLIND_MS = 60_000;

/** What is known of the source at a look. */
export interface Sight {
  /** Monotonic, ms: since when it is complete; Infinity: it cannot be read. */
  readonly completeMs: number;
  readonly why: string | undefined;
}

/** What is known of what a rule is about, by the facts of its last occurrence, or by those that the rule asks for. */
export interface About {
  /** Nothing of it is there any more. */
  readonly isGone: (facts: Facts) => boolean;
  /** Why its silence says nothing: a clause. */
  readonly idle: (facts: Facts) => string | undefined;
}

type Found = (count: number, nodes?: readonly string[]) => void;

/** What all rules have in common. */
export interface Common extends Pick<RuleEngineDeps, 'onTold' | 'onCount'> {
  /** For how many keys more there is room. */
  room: number;
  readonly said: SaidBook;
}

export class RuleRun {
  rule: Rule;
  readonly #common: Common;
  readonly keys = new Map<string, Key>();
  /** Monotonic, ms: since when it is given all that happens. */
  knownMs: number;
  overflowed = 0;
  #blindMs = -Infinity;
  #leftOutMs = -Infinity;
  #leftOutWhy = '';
  #fullUntilMs = -Infinity;

  constructor(rule: Rule, nowMs: number, common: Common) {
    this.rule = rule;
    this.#common = common;
    this.knownMs = nowMs;
    // What never came is missed as well, where it is not told apart by a key.
    if (isAboutAbsence(rule) && rule.queryKey.length === 0) this.keys.set('', createKey(rule, [], nowMs));
  }

  /**
   * @param atMs monotonic, when it happened; never later than now
   * @returns false: it came too late
   */
  take(seen: Observation, facts: Facts, atMs: number, now: Now): boolean {
    const { rule } = this;
    if (now.mono - atMs > (rule.timeframeMs || rule.keepFiringMs) + LATE_MS) {
      const late = this.keys.get(keyIdIn(facts, rule));
      // It goes on, or did: when is not known.
      if (late !== undefined) late.blindMs = now.mono;
      this.#leftOut(now.mono, 'what happened came too late to count, as where clocks differ');
      return false;
    }
    const key = this.keyOf(keyIdIn(facts, rule), atMs, now.mono);
    if (key === undefined) return true;
    key.touchedMs = now.mono;
    if (isAboutAbsence(rule)) key.facts = facts;
    const at = Math.round(now.unix - (now.mono - atMs));
    const found: Found = (count, nodes = seen.nodes) => this.#match(key, { at, count, facts, nodes }, now);
    if (rule.type === 'any') {
      key.trueUntilMs = Math.max(key.trueUntilMs, atMs);
      found((isFiring(key) ? (key.firing?.count ?? 0) : 0) + seen.count);
    } else if (rule.type === 'flatline')
      for (const part of partsOf(seen, atMs, rule.timeframeMs)) key.counts?.note(part.atMs, part.count);
    else if (rule.type === 'frequency' && key.counts !== undefined) {
      const most = rule.numEvents ?? Infinity;
      let matches = 0;
      for (const part of partsOf(seen, atMs, rule.timeframeMs)) matches += key.counts.add(part.atMs, part.count, most);
      if (this.#common.onCount !== undefined) this.#counted(key, key.counts.countAt(key.counts.newest));
      if (matches === 0) return true;
      found(Math.max(most, key.counts.countAt(key.counts.newest)));
      // What is matched late may not hold at the newest.
      key.trueUntilMs = Math.max(key.trueUntilMs, atMs, key.counts.aboveUntil(most) ?? -Infinity);
    } else this.#takeValue(key, facts, atMs, found);
    return true;
  }

  #takeValue(key: Key, facts: Facts, atMs: number, found: Found): void {
    const { distinct } = key;
    const { cardinality } = this.rule;
    if (distinct === undefined || cardinality === undefined) return;
    const value = facts[cardinality.field] ?? '';
    if (value === '') return;
    distinct.add(value, atMs);
    const { max } = cardinality;
    if (this.#common.onCount !== undefined) this.#counted(key, distinct.countAt(distinct.newest));
    if (max === undefined || distinct.size <= max) return;
    const count = distinct.countAt(distinct.newest);
    if (count <= max) return;
    // All of them at first, then the one that came.
    if (cardinality.field === 'node' && !isFiring(key)) found(count, distinct.values());
    else found(count);
    // For how long it holds is asked at a look.
    key.trueUntilMs = Math.max(key.trueUntilMs, atMs);
  }

  #match(key: Key, found: Match, now: Now): void {
    const { onTold } = this.#common;
    const isTold = match(key, this.rule, found, now);
    if (isTold && onTold !== undefined && key.firing !== undefined) onTold(showFiring(this.rule, key, key.firing, now));
  }

  #counted(key: Key, count: number): void {
    this.#common.onCount?.(this.rule, keyTextOf(this.rule, key.values), count);
  }

  /** It did not see something, whatever it was about: nothing is over, and nothing is missing, for a while. */
  blind(nowMs: number, why: string): void {
    this.#blindMs = nowMs;
    this.#leftOut(nowMs, why);
  }

  /** Something did not count, so that its silence says nothing for a while. */
  #leftOut(nowMs: number, why: string): void {
    this.#leftOutMs = nowMs;
    this.#leftOutWhy = why;
  }

  look(now: Now, sight: Sight, about: About): void {
    const knownMs = Math.max(sight.completeMs, this.knownMs, this.#blindMs);
    for (const [id, key] of this.keys) {
      if (isAboutAbsence(this.rule)) this.#miss(key, now, knownMs, about);
      else if (key.firing !== undefined && isFiring(key) && isUnseen(key.firing, about)) key.blindMs = now.mono;
      this.#goOn(key);
      if (key.firing !== undefined && isFiring(key)) {
        const seenMs = Math.max(sight.completeMs + this.rule.timeframeMs, this.#blindMs, key.blindMs);
        const quietMs = Math.max(key.trueUntilMs, seenMs);
        if (now.mono - quietMs >= this.rule.keepFiringMs) end(key.firing, now);
      }
      if (this.#isDone(key, now)) this.keys.delete(id);
    }
  }

  /** Matches what is missing, if that can be told; where it cannot, what is missing already goes on. */
  #miss(key: Key, now: Now, knownMs: number, { isGone, idle }: About): void {
    const { rule } = this;
    if (this.#isForgotten(key, now)) return;
    const sinceMs = Math.max(knownMs, key.blindMs, rule.queryKey.length === 0 ? -Infinity : key.firstMs);
    const isKnown = now.mono - sinceMs >= rule.timeframeMs;
    if (!isKnown && !isFiring(key)) return;
    const count = key.counts?.countAt(now.mono) ?? key.distinct?.countAt(now.mono) ?? 0;
    if (isKnown) this.#counted(key, count);
    const least = rule.threshold ?? rule.cardinality?.min ?? 0;
    if (count >= least) return;
    const facts = factsOfKey(this.rule, key);
    if (isGone(facts)) return;
    if (isKnown && idle(facts) === undefined)
      this.#match(key, { at: now.unix, count, facts, nodes: nodesIn(facts) }, now);
    else if (!isFiring(key)) return;
    key.trueUntilMs = now.mono;
  }

  /** What fires may still hold though nothing matched since. */
  #goOn(key: Key): void {
    if (!isFiring(key)) return;
    const { numEvents, cardinality } = this.rule;
    const until =
      numEvents !== undefined
        ? key.counts?.aboveUntil(numEvents)
        : cardinality?.max !== undefined
          ? key.distinct?.aboveUntil(cardinality.max)
          : undefined;
    if (until !== undefined) key.trueUntilMs = Math.max(key.trueUntilMs, until);
  }

  #isDone(key: Key, now: Now): boolean {
    const { rule } = this;
    if (isFiring(key)) {
      if (!this.#isForgotten(key, now)) return false;
      // Nobody has seen that it is over.
      delete key.firing;
    }
    if (now.mono - (key.firing?.endedMs ?? -Infinity) < SHOWN_MS) return false;
    if (key.pause !== undefined && !isForgettable(key.pause, rule, now.mono)) return false;
    if (isAboutAbsence(rule)) return this.#isForgotten(key, now);
    return now.mono - key.touchedMs > rule.timeframeMs + LATE_MS;
  }

  /** It is missed for so long that it will not come back. */
  #isForgotten({ touchedMs }: Key, { mono }: Now): boolean {
    return isAboutAbsence(this.rule) && this.rule.queryKey.length > 0 && mono - touchedMs >= MISSED_MS;
  }

  /** Undefined: there is no room for it. */
  keyOf(id: string, firstMs: number, nowMs: number): Key | undefined {
    const known = this.keys.get(id);
    if (known !== undefined) {
      if (this.keys.size < ORDERED_FROM) return known;
      // The last in the map is the one that was seen last.
      this.keys.delete(id);
      this.keys.set(id, known);
      return known;
    }
    const isFull = this.keys.size >= MAX_KEYS || this.#common.room <= 0;
    if (isFull && this.giveUp(GIVEN_UP, nowMs) === 0) return undefined;
    this.#common.room -= 1;
    const key = createKey(this.rule, keyValuesOf(id, this.rule), firstMs);
    this.#common.said.takeUp(this.rule, key);
    this.keys.set(id, key);
    return key;
  }

  /**
   * Forgets some that do not fire, those not seen for longest first; those of which people were told only where there are no
   * others.
   *
   * @returns how many
   */
  giveUp(count: number, nowMs: number): number {
    this.overflowed += 1;
    this.#leftOut(nowMs, 'there are more values of keys than are counted');
    // All fire: that is not looked at again for each that comes.
    if (nowMs < this.#fullUntilMs) return 0;
    const gone = this.#forget(count, (key) => !isFiring(key) && key.pause === undefined);
    const all = gone > 0 ? gone : this.#forget(count, (key) => !isFiring(key));
    if (all === 0) this.#fullUntilMs = nowMs + FULL_MS;
    this.overflowed += Math.max(0, all - 1);
    return all;
  }

  #forget(count: number, isIdle: (key: Key) => boolean): number {
    let gone = 0;
    for (const [id, key] of this.keys) {
      if (gone >= count) break;
      if (!isIdle(key)) continue;
      this.keys.delete(id);
      gone += 1;
    }
    this.#common.room += gone;
    return gone;
  }

  size(): number {
    let sum = 0;
    for (const key of this.keys.values()) sum += sizeOf(key);
    return sum;
  }

  state(now: Now, sight: Sight): RuleState {
    const { name, type, source, severity, place } = this.rule;
    let firing = 0;
    for (const key of this.keys.values()) if (isFiring(key)) firing += 1;
    const why = this.#whyUnknown(now, sight);
    const state = firing > 0 ? 'firing' : why === undefined ? 'ok' : 'unknown';
    return { name, type, source, severity, state, ...(why !== undefined && { why }), firing, place };
  }

  #whyUnknown({ mono }: Now, { completeMs, why }: Sight): string | undefined {
    const { timeframeMs, source } = this.rule;
    if (completeMs === Infinity) return why ?? `${source} cannot be read`;
    if (mono - this.#leftOutMs < Math.max(timeframeMs, BLIND_MS)) return this.#leftOutWhy;
    const forMs = mono - Math.max(completeMs, this.knownMs);
    if (forMs >= timeframeMs) return undefined;
    const since = `it sees all ${source} for ${formatDuration(forMs)} only, and looks back ${formatDuration(timeframeMs)}`;
    return why === undefined ? since : `${since}: ${why}`;
  }
}

const isAboutAbsence = ({ threshold, cardinality }: Rule): boolean =>
  threshold !== undefined || cardinality?.min !== undefined;

/** What is known of a key of which nothing was seen yet: what it is called, and what the rule asks for. */
export function factsOfKey({ queryKey, matcher }: Rule, { values, facts }: Pick<Key, 'values' | 'facts'>): Facts {
  const asked = matcher.is.flatMap(([field, texts]) => (texts.length === 1 ? [[field, texts[0] ?? '']] : []));
  const called = queryKey.map((field, index) => [field, values[index] ?? '']);
  return { ...Object.fromEntries(asked), ...Object.fromEntries(called), ...facts };
}

/** Something of it happened where nobody can look now. */
function isUnseen({ facts, nodes }: Firing, { isGone, idle }: About): boolean {
  if (isGone(facts)) return false;
  return nodes.size === 0
    ? idle(facts) !== undefined
    : [...nodes].some((node) => idle({ ...facts, node }) !== undefined);
}

const nodesIn = ({ node }: Facts): readonly string[] => (node === undefined || node === '' ? [] : [node]);
