/**
 * What one judge leaves to the next, and an agent to itself over a restart: which keys fire, and when people hear of each
 * again. One item a rule: `{rule, is, keys: [[values, fires, since, last, until, pause, exponent, round, count, roundAt, facts?,
 * nodes?]…]}`, where `is` is of the rule as it was, and instants are ms before (since, last, roundAt) or after (until, pause) the dump.
 */
import type { RuleAlert } from '../../model/rule-alert.ts';
import { Malformed, readArray, readInteger, readNumber, readOptional, readText } from '../../model/read.ts';
import { type Key, type Now, fingerprintOf, isFiring, keyIdOf } from './key.ts';
import { isForgettable } from './realert.ts';
import { type RuleRun, factsOfKey } from './run.ts';
import type { DumpOptions, Facts, Rule } from './types.ts';

const MAX_RULES = 512;
const MAX_KEYS_OF_ONE = 2000;
const MAX_VALUE = 500;
const MAX_FACTS = 30;
const MAX_NODES = 100;
const MAX_ROUND = 1_000_000_000;
const MAX_EXPONENT = 32;
const MAX_COUNT = 1_000_000_000;
const DAY_MS = 86_400_000;
/** Nothing that still matters is older. */
const MAX_AGE_MS = 365 * DAY_MS;
const DIGEST_LENGTH = 8;
const MAX_FACT = 300;

/** What fires first, then what people were told of last. */
export function dumpRuns(runs: readonly RuleRun[], now: Now, { maxBytes, withText }: DumpOptions): readonly unknown[] {
  const lines = runs
    .flatMap((run) => [...run.keys.values()].filter((key) => isWorth(run.rule, key, now)).map((key) => ({ run, key })))
    .toSorted((a, b) => Number(isFiring(b.key)) - Number(isFiring(a.key)) || b.key.touchedMs - a.key.touchedMs);
  const items = new Map<RuleRun, { rule: string; is: string; keys: unknown[] }>();
  let bytes = 2;
  for (const { run, key } of lines) {
    const line = lineOf(key, now, withText);
    const item = items.get(run) ?? { rule: run.rule.name, is: run.rule.digest.slice(0, DIGEST_LENGTH), keys: [] };
    const more = bytesOf(line) + 1 + (items.has(run) ? 0 : bytesOf(item) + 1);
    if (bytes + more > maxBytes || (!items.has(run) && items.size >= MAX_RULES)) break;
    bytes += more;
    items.set(run, item);
    item.keys.push(line);
  }
  return [...items.values()];
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const isWorth = (rule: Rule, key: Key, { mono }: Now): boolean =>
  key.firing !== undefined || (key.pause !== undefined && !isForgettable(key.pause, rule, mono));

function lineOf(key: Key, now: Now, withText: boolean): unknown[] {
  const { values, firing, trueUntilMs, pause, round, roundMs } = key;
  const ago = (at: number | undefined): number => Math.max(0, Math.round(now.unix - (at ?? now.unix)));
  const line = [
    values,
    isFiring(key) ? 1 : 0,
    ago(firing?.since),
    ago(firing?.lastAt),
    Number.isFinite(trueUntilMs) ? Math.round(trueUntilMs - now.mono) : -MAX_AGE_MS,
    pause === undefined ? 0 : Math.round(pause.untilMs - now.mono),
    pause?.exponent ?? 0,
    round,
    firing?.count ?? 0,
    Number.isFinite(roundMs) ? Math.max(0, Math.round(now.mono - roundMs)) : null,
  ];
  return withText && firing !== undefined ? [...line, firing.facts, [...firing.nodes]] : line;
}

export interface RecallOptions {
  readonly now: Now;
  readonly ageMs: number;
  readonly said: readonly RuleAlert[];
}

/** @returns fingerprints of what could be taken up */
export function recallInto(
  runs: readonly RuleRun[],
  items: readonly unknown[],
  options: RecallOptions,
): ReadonlySet<string> {
  const taken = new Set<string>();
  const byName = new Map(runs.map((run) => [run.rule.name, run]));
  const said = new Map(options.said.map((alert) => [alert.fingerprint, alert]));
  for (const item of items.slice(0, MAX_RULES)) {
    if (typeof item !== 'object' || item === null) continue;
    const { rule, is, keys } = item as Readonly<Record<string, unknown>>;
    const run = typeof rule === 'string' ? byName.get(rule) : undefined;
    if (run === undefined || is !== run.rule.digest.slice(0, DIGEST_LENGTH) || !Array.isArray(keys)) continue;
    for (const line of keys.slice(0, MAX_KEYS_OF_ONE)) {
      const read = orNothing(() => readLine(line, run.rule));
      if (read === undefined) continue;
      const fingerprint = fingerprintOf(run.rule, read.values);
      taken.add(fingerprint);
      takeUp(run, read, said.get(fingerprint), options);
    }
  }
  return taken;
}

interface Line {
  readonly values: readonly string[];
  readonly fires: boolean;
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly trueInMs: number;
  readonly pausedForMs: number;
  readonly exponent: number;
  readonly round: number;
  readonly count: number;
  readonly roundAgoMs: number | undefined;
  readonly facts: Facts | undefined;
  readonly nodes: readonly string[];
}

function readLine(line: unknown, { queryKey, timeframeMs, realertMs, exponentialRealertMs }: Rule): Line {
  const [values, fires, since, last, until, pause, exponent, round, count, ...more] = readArray(line, 12);
  const [roundAt, facts, nodes] = more;
  const texts = readArray(values, queryKey.length + 1).map((value) => readText(value, MAX_VALUE));
  if (texts.length !== queryKey.length) throw new Malformed('a value for each part of the key');
  const longest = Math.max(realertMs, exponentialRealertMs ?? 0);
  return {
    values: texts,
    fires: fires === 1,
    sinceMs: readNumber(since, 0, MAX_AGE_MS),
    lastMs: readNumber(last, 0, MAX_AGE_MS),
    trueInMs: Math.min(timeframeMs, readNumber(until, -MAX_AGE_MS, MAX_AGE_MS)),
    pausedForMs: Math.min(longest, readNumber(pause, -MAX_AGE_MS, MAX_AGE_MS)),
    exponent: readInteger(exponent, -1, MAX_EXPONENT),
    round: readInteger(round, 0, MAX_ROUND),
    count: readInteger(count, 0, MAX_COUNT),
    roundAgoMs: readOptional(roundAt, (ago) => readNumber(ago, 0, MAX_AGE_MS)),
    facts: readOptional(facts, readFacts),
    nodes: readArray(nodes, MAX_NODES).map((node) => readText(node, MAX_VALUE)),
  };
}

function readFacts(facts: unknown): Facts {
  if (typeof facts !== 'object' || facts === null) throw new Malformed('facts');
  const texts = Object.entries(facts)
    .slice(0, MAX_FACTS)
    .map(([name, text]) => [readText(name, 40), readText(text, MAX_FACT)] as const);
  return Object.fromEntries(texts);
}

function takeUp(run: RuleRun, line: Line, known: RuleAlert | undefined, { now, ageMs }: RecallOptions): void {
  const { rule } = run;
  const age = Math.max(0, ageMs);
  const key = run.keyOf(keyIdOf(line.values), now.mono - age - line.lastMs, now.mono);
  if (key === undefined) return;
  const untilMs = now.mono - age + line.pausedForMs;
  if (line.round > 0 && (key.pause === undefined || key.pause.untilMs < untilMs))
    key.pause = { untilMs, exponent: line.exponent };
  key.round = Math.max(key.round, line.round);
  // Whichever was let through last may not have been told yet.
  if (line.round > 0) key.roundMs = Math.max(key.roundMs, now.mono - age - (line.roundAgoMs ?? line.sinceMs));
  if (!line.fires) return takeUpEnded(key, known, line.count, now);
  // What has ended here since that was said is over.
  if ((key.firing?.endedMs ?? -Infinity) >= now.mono - age) return;
  const since = Math.round(now.unix - age - line.sinceMs);
  key.trueUntilMs = Math.max(key.trueUntilMs, now.mono - age + line.trueInMs);
  if (key.firing !== undefined && isFiring(key)) {
    key.firing = { ...key.firing, since: Math.min(since, key.firing.since), shown: undefined };
    return;
  }
  const facts = line.facts ?? known?.facts ?? factsOfKey(rule, { values: line.values, facts: key.facts });
  key.facts = facts;
  key.firing = {
    since,
    lastAt: Math.round(now.unix - age - line.lastMs),
    facts,
    count: line.count,
    nodes: new Set(line.nodes.length > 0 ? line.nodes : known?.nodes),
  };
}

/** It is shown for as long as if it had ended here, and people who were told of it can be told that it is over. */
function takeUpEnded(key: Key, known: RuleAlert | undefined, count: number, now: Now): void {
  if (key.firing !== undefined || known?.endedAt === undefined) return;
  const { since, lastAt, endedAt, facts, nodes } = known;
  key.firing = {
    since,
    lastAt,
    endedAt,
    endedMs: now.mono - Math.max(0, now.unix - endedAt),
    facts,
    count,
    nodes: new Set(nodes),
  };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
