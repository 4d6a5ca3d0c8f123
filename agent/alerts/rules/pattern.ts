/**
 * Patterns that people look for in texts of others. RE2's syntax and its promise, a time linear in the length of the text; they
 * are found anywhere in it, unless they say `^` and `$`. https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS, RE2JSException } from 're2js';

/** More of a text is not looked at. */
export const MAX_TEXT = 1024;
const MAX_SOURCE = 500;
/** Of a compiled pattern, in instructions: `x{500}` twice nested has more. */
const MAX_PROGRAM = 2000;
/** Of all patterns together: a step takes about 200 bytes. */
const MAX_PROGRAMS = 50_000;
/** What trying patterns may take of each second; in the rest of it those that are not in the cache are not tried. */
const BUDGET_MS = 100;
const SECOND_MS = 1000;
/** What one pattern, and all together, may remember of what they have seen. */
const MAX_BYTES = 1024 * 1024;
const MAX_BYTES_OF_ALL = 8 * 1024 * 1024;
/** Texts whose answers are kept, in each of two generations. */
const MAX_CACHED = 256;

/** @returns what is wrong with it, as a sentence; undefined: nothing */
export function patternMistake(source: string): string | undefined {
  if (source === '') return 'is empty, which is found in every text; leave it out.';
  if (source.length > MAX_SOURCE) return `has ${source.length} characters, allowed: at most ${MAX_SOURCE}.`;
  try {
    const size = RE2JS.compile(source).programSize();
    return size > MAX_PROGRAM
      ? `becomes ${size} steps, allowed: at most ${MAX_PROGRAM}; repeat less of it.`
      : undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `is no pattern of RE2: ${error.message.replace(/^error parsing regexp: /, '')}.`;
  }
}

/** @returns what is wrong with all of them together, as a sentence; undefined: nothing. @param sources each without a mistake */
export function patternsMistake(sources: readonly string[]): string | undefined {
  const size = [...new Set(sources)].reduce((sum, source) => sum + RE2JS.compile(source).programSize(), 0);
  return size > MAX_PROGRAMS
    ? `the patterns of all rules become ${size} steps, allowed: at most ${MAX_PROGRAMS}; repeat less in them, or name texts.`
    : undefined;
}

/** All patterns of the rules: each text is tried once with each of them. */
export interface PatternBook {
  /** What stands for the pattern in {@link test}. */
  readonly add: (source: string) => number;
  /** Undefined: not tried, since there is no time left. */
  readonly test: (pattern: number, text: string) => boolean | undefined;
  readonly skipped: () => number;
}

const [UNTRIED, FOUND, NOT_FOUND] = [0, 1, 2];

/** @param monotonic ms */
export function createPatternBook(monotonic: () => number): PatternBook {
  const patterns: RE2JS[] = [];
  const numbers = new Map<string, number>();
  let [young, old] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  let [secondAt, spentMs, skipped] = [-Infinity, 0, 0];

  const answersOf = (text: string): Uint8Array => {
    const known = young.get(text);
    if (known !== undefined) return known;
    if (young.size >= MAX_CACHED) [old, young] = [young, new Map()];
    const answers = old.get(text) ?? new Uint8Array(patterns.length);
    young.set(text, answers);
    return answers;
  };

  const isInTime = (now: number): boolean => {
    if (now - secondAt >= SECOND_MS) {
      [secondAt, spentMs] = [now, 0];
      if (patterns.reduce((sum, pattern) => sum + bytesOf(pattern), 0) > MAX_BYTES_OF_ALL)
        for (const pattern of patterns) pattern.reset();
    }
    return spentMs < BUDGET_MS;
  };

  return {
    add(source) {
      const known = numbers.get(source);
      if (known !== undefined) return known;
      numbers.set(source, patterns.length);
      [young, old] = [new Map(), new Map()];
      return patterns.push(RE2JS.compile(source)) - 1;
    },
    test(number, whole) {
      const pattern = patterns[number];
      if (pattern === undefined) return undefined;
      const text = whole.length > MAX_TEXT ? whole.slice(0, MAX_TEXT) : whole;
      const answers = answersOf(text);
      const answer = answers[number];
      if (answer !== UNTRIED) return answer === FOUND;
      const began = monotonic();
      if (!isInTime(began)) {
        skipped += 1;
        return undefined;
      }
      const isFound = pattern.test(text);
      spentMs += monotonic() - began;
      if (bytesOf(pattern) > MAX_BYTES) pattern.reset();
      answers[number] = isFound ? FOUND : NOT_FOUND;
      return isFound;
    },
    skipped: () => skipped,
  };
}

/** It keeps the states that it came through, so that it need not work them out again. */
function bytesOf(pattern: RE2JS): number {
  const { lazyDFA } = pattern.re2() as { readonly lazyDFA: { stateBudget: number; memBudget: number } | null };
  return lazyDFA === null ? 0 : lazyDFA.stateBudget - lazyDFA.memBudget;
}
