/** One value of a rule's key: what was counted of it, whether it fires, and when people hear of it again. */
import { hash } from 'node:crypto';
import { cleanText } from '../../model/text.ts';
import { CountWindow } from './count-window.ts';
import { type Pause, isPaused, nextPause } from './realert.ts';
import type { Facts, JudgedAlert, Rule, SAID_NAMES } from './types.ts';
import { ValueWindow } from './value-window.ts';

/** An instant by both clocks, ms. */
export interface Now {
  readonly mono: number;
  readonly unix: number;
}

/** It fires, or did. Instants of people are Unix ms, those that are reckoned with monotonic ms. */
export interface Firing {
  readonly since: number;
  lastAt: number;
  endedAt?: number;
  endedMs?: number;
  /** Of what was matched last. */
  facts: Facts;
  count: number;
  readonly nodes: Set<string>;
  /** As it was shown, until anything of it changes. */
  shown?: JudgedAlert | undefined;
}

export interface Key {
  readonly values: readonly string[];
  /** `any` needs none. */
  readonly counts: CountWindow | undefined;
  readonly distinct: ValueWindow | undefined;
  /** Monotonic, ms: when it was seen first, and last. */
  readonly firstMs: number;
  touchedMs: number;
  /** Of the latest that was seen, where the rule is about what is missing. */
  facts: Facts;
  /** Monotonic, ms: something of it came too late to count then. */
  blindMs: number;
  /** Monotonic, ms: until when what the rule says held, or will hold if nothing more happens. */
  trueUntilMs: number;
  pause?: Pause;
  round: number;
  /** Monotonic, ms: when the last round was let through; -Infinity: there was none. */
  roundMs: number;
  firing?: Firing;
}

/** Between the values of a key where it is one text. */
const SEPARATOR = '\u0000';
/** An alert names no more. */
const MAX_NODES = 100;
/** Parts of a name, one within the other; between others there is a blank. */
const PARTS: ReadonlySet<string> = new Set(['namespace', 'workload', 'name', 'object', 'container']);

export const keyIdOf = (values: readonly string[]): string => values.join(SEPARATOR);

/** Most rules have one field: this is run for every match. */
export function keyIdIn(facts: Facts, { queryKey }: Rule): string {
  let id = facts[queryKey[0] ?? ''] ?? '';
  for (let index = 1; index < queryKey.length; index += 1) id += SEPARATOR + (facts[queryKey[index] ?? ''] ?? '');
  return id;
}

export const keyValuesOf = (id: string, { queryKey }: Rule): readonly string[] =>
  queryKey.length === 0 ? [] : id.split(SEPARATOR);

export function createKey({ type, timeframeMs, cardinality }: Rule, values: readonly string[], firstMs: number): Key {
  return {
    values,
    counts: type === 'frequency' || type === 'flatline' ? new CountWindow(timeframeMs) : undefined,
    distinct: cardinality === undefined ? undefined : new ValueWindow(timeframeMs),
    firstMs,
    touchedMs: firstMs,
    facts: {},
    blindMs: -Infinity,
    trueUntilMs: -Infinity,
    round: 0,
    roundMs: -Infinity,
  };
}

export const isFiring = ({ firing }: Key): boolean => firing !== undefined && firing.endedMs === undefined;

/** How much is kept for it. */
export const sizeOf = ({ counts, distinct }: Key): number => 1 + (counts?.size ?? 0) + (distinct?.size ?? 0);

export interface Match {
  /** Unix ms. */
  readonly at: number;
  readonly count: number;
  readonly facts: Facts;
  readonly nodes: readonly string[];
}

/** What the rule says holds. @returns whether people are to hear of it, as `realert` says */
export function match(key: Key, rule: Rule, found: Match, now: Now): boolean {
  const { at, count, facts, nodes } = found;
  if (key.firing === undefined || key.firing.endedMs !== undefined)
    key.firing = { since: at, lastAt: at, facts, count, nodes: new Set() };
  const { firing } = key;
  firing.lastAt = Math.max(firing.lastAt, at);
  firing.facts = facts;
  firing.count = count;
  firing.shown = undefined;
  for (const node of nodes) if (firing.nodes.size < MAX_NODES) firing.nodes.add(node);
  // What happened during a pause does not count either when it is looked at again later, by who judges next.
  if (isPaused(key.pause, now.mono - Math.max(0, now.unix - at))) return false;
  key.pause = nextPause(key.pause, rule, now.mono);
  key.round += 1;
  key.roundMs = now.mono;
  return true;
}

export function end(firing: Firing, now: Now): void {
  firing.endedAt = now.unix;
  firing.endedMs = now.mono;
  firing.shown = undefined;
}

/** As others hear it, so that everybody tells the same. */
const MAX_KEY_TEXT = 200;

/** For people: `prod/api-7d9f`, `Pod prod/api-7d9f`. */
export function keyTextOf({ queryKey }: Rule, values: readonly string[]): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    if (value === '') continue;
    const isPart = PARTS.has(queryKey[index] ?? '') && PARTS.has(queryKey[index - 1] ?? '');
    text += text === '' ? value : `${isPart ? '/' : ' '}${value}`;
  }
  return cleanText(text, MAX_KEY_TEXT);
}

export const fingerprintOf = (rule: Rule, values: readonly string[]): string =>
  hash('sha256', JSON.stringify(['meerkat/rule/1', rule.name, ...values])).slice(0, 16);

/** When its round was let through is said by the clock of now: what is told twice must not hang on one that was set. */
export const showFiring = (rule: Rule, key: Key, firing: Firing, now: Now): JudgedAlert => ({
  ...(firing.shown ??= toShow(rule, key, firing)),
  ...(key.round > 0 && { roundAt: Math.round(now.unix - (now.mono - key.roundMs)) }),
});

function toShow(rule: Rule, { values, round }: Key, firing: Firing): JudgedAlert {
  const { since, lastAt, endedAt, count } = firing;
  const [keyText, nodes] = [keyTextOf(rule, values), [...firing.nodes].sort()];
  const said: Readonly<Record<(typeof SAID_NAMES)[number], string>> = {
    rule: rule.name,
    key: keyText,
    count: String(count),
    nodes: nodes.join(', '),
  };
  const facts = { ...firing.facts, ...said };
  return {
    fingerprint: fingerprintOf(rule, values),
    rule: rule.name,
    key: keyText,
    severity: rule.severity,
    sentence: rule.sentence.render(facts),
    facts,
    nodes,
    since,
    lastAt,
    ...(endedAt !== undefined && { endedAt }),
    round,
    receivers: rule.receivers,
  };
}
