/** The shapes of ordinary noise over virtual time. All of it follows from the seed. */
import { type Random, createRandom } from '../../lib/random.ts';

export interface SpellOptions {
  /** About so long lies between two. */
  readonly everyMs: number;
  readonly lastsMs: readonly [shortest: number, longest: number];
}

/** What comes, lasts and goes. */
export interface Spell {
  isOn(): boolean;
  /** Until its end; 0 while there is none. */
  leftMs(): number;
  /** It is on, or was or will be within that time. */
  isNear(withinMs: number): boolean;
}

/** Of the moments of one check. @param probability of each moment in which somebody looks */
export type Singles = (probability: number) => () => boolean;

export interface Noise {
  readonly random: Random;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly between: (low: number, high: number) => number;
  /** A value that wanders between two ends within minutes, and comes up to both. */
  readonly wander: (low: number, high: number) => () => number;
  /** The first comes after {@link CALM_MS}. */
  readonly spells: (options: SpellOptions) => Spell;
  /**
   * Makes what is true for all looks of one moment, now and then, and never again for {@link APART_MS}, of all that it
   * makes: the run that confirms what one of them found finds nothing.
   *
   * @param isOther the same check has something else to bear
   */
  readonly singles: (isOther?: () => boolean) => Singles;
  /** A time that is mostly about as usual, and sometimes, one in a hundred, anything up to the longest. */
  readonly tail: (usualMs: number, longestMs: number) => () => number;
}

/** A node that has just started is well for so long: some checks believe nothing bad of what they never saw well. */
export const CALM_MS = 5 * 60_000;
/** Questions of one run come within that time. */
const MOMENT_MS = 400;
const APART_MS = 5000;
const LEG_MS = [20_000, 600_000] as const;
/** Of the legs that lead to one of both ends. */
const TO_AN_END = 0.4;
const SELDOM = 0.01;

export function createNoise(seed: number, now: () => number): Noise {
  const random = createRandom(seed);
  const between = (low: number, high: number): number => low + (high - low) * random.next();
  return {
    random,
    now,
    between,
    wander: (low, high) => createWander({ random, now, between }, low, high),
    spells: (options) => createSpell({ now, between }, options),
    singles: (isOther = () => false) => createSingles({ random, now }, isOther),
    tail: (usualMs, longestMs) => () =>
      random.chance(SELDOM)
        ? between(longestMs / 2, longestMs)
        : Math.min(longestMs, usualMs * Math.exp(2 * (random.next() + random.next() - 1))),
  };
}

function createSingles({ random, now }: Pick<Noise, 'random' | 'now'>, isOther: () => boolean): Singles {
  let badAt = -Infinity;
  return (probability) => {
    let isMine = false;
    let lookedAt = -Infinity;
    return () => {
      const at = now();
      if (at - badAt < MOMENT_MS) return isMine;
      isMine = false;
      const isNew = at - lookedAt >= MOMENT_MS;
      if (isNew) lookedAt = at;
      if (!isNew || at < CALM_MS || at - badAt < APART_MS || isOther() || !random.chance(probability)) return false;
      badAt = at;
      isMine = true;
      return true;
    };
  };
}

function createWander(
  { random, now, between }: Pick<Noise, 'random' | 'now' | 'between'>,
  low: number,
  high: number,
): () => number {
  let [from, to, startMs, endMs] = [0, between(low, high), 0, 0];
  const next = (): void => {
    from = to;
    startMs = endMs;
    endMs += between(...LEG_MS);
    to = random.chance(TO_AN_END) ? random.pick([low, high]) : between(low, high);
  };
  return () => {
    while (now() >= endMs) next();
    return from + ((to - from) * (now() - startMs)) / (endMs - startMs);
  };
}

function createSpell({ now, between }: Pick<Noise, 'now' | 'between'>, { everyMs, lastsMs }: SpellOptions): Spell {
  let endedMs = -Infinity;
  let startMs = CALM_MS + between(0, everyMs);
  let endMs = startMs + between(...lastsMs);
  const leftMs = (): number => {
    while (now() >= endMs) {
      endedMs = endMs;
      startMs = endMs + everyMs * between(0.5, 1.5);
      endMs = startMs + between(...lastsMs);
    }
    return now() < startMs ? 0 : endMs - now();
  };
  return {
    leftMs,
    isOn: () => leftMs() > 0,
    isNear: (withinMs) => leftMs() > 0 || startMs - now() < withinMs || now() - endedMs < withinMs,
  };
}
