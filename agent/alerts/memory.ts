/** What the notifications keep over a restart of the agent. Instants are Unix ms, since no other clock goes on. */
import { TOPICS } from '../model/board.ts';
import { Malformed, readArray, readInstant, readInteger, readMatch, readOptional, readText } from '../model/read.ts';
import { type Kept, MAX_KEPT, STANDINGS, type Standing } from './book.ts';
import type { LocalNote } from './local-board.ts';
import { HEX_16, MAX_ROUND, MAX_SIZE, type Told, orNothing } from './told-note.ts';
import type { Alert, RuleWords } from './types.ts';

export interface AlertMemory {
  readonly version: 1;
  readonly kept: readonly Kept[];
  readonly told: readonly (readonly [destination: string, fingerprint: string, told: Told])[];
  readonly owed: readonly (readonly [destination: string, fingerprint: string, sinceMs: number])[];
  /** Of an agent without others. */
  readonly notes: readonly LocalNote[];
}

type Times = Omit<AlertMemory, 'version'>;

const MAX_TOLD = 10_000;
const MAX_OWED = 10_000;
const MAX_NAMES = 20_000;
const MAX_FACTS = 64;
const MAX_NAME_LENGTH = 253;
const MAX_TEXT_LENGTH = 4000;
const SEVERITIES = ['critical', 'warning', 'info'] as const;
const STATES = ['firing', 'resolved'] as const;

/** @param originMs Unix ms at which the monotonic clock read 0 */
export const toMemory = (times: Times, originMs: number): AlertMemory => ({
  version: 1,
  ...shifted(times, (ms) => Math.max(0, Math.round(originMs + ms))),
});

/**
 * What can be read of it: another build may have written it. Undefined: there is none, or it is not of this version. What
 * is dated later than now, as after a clock was set back, is of now. Never throws.
 */
export function fromMemory(memory: unknown, originMs: number, nowMs: number): Times | undefined {
  const [times] = orNothing(() => {
    const { version, kept, told, owed, notes } = fieldsOf(memory);
    if (version !== 1) throw new Malformed('a memory of this version');
    return {
      kept: eachOf(kept, MAX_KEPT, readKept),
      told: eachOf(told, MAX_TOLD, readToldOf),
      owed: eachOf(owed, MAX_OWED, readOwed),
      notes: eachOf(notes, TOPICS.length, readLocalNote),
    };
  });
  return times === undefined ? undefined : shifted(times, (ms) => Math.min(nowMs, ms - originMs));
}

const shifted = ({ kept, told, owed, notes }: Times, shift: (ms: number) => number): Times => ({
  // When the last round was let through is said anew of what stands.
  kept: kept.map(({ beganMs, awayMs, standing, roundMs: _roundMs, ...one }) => ({
    ...one,
    standing: standing satisfies Standing,
    beganMs: shift(beganMs),
    // When it went away matters only of what is over: else it has to be looked at anew.
    ...(awayMs !== undefined && standing === 'ended' && { awayMs: shift(awayMs) }),
  })),
  told: told.map(([to, fingerprint, entry]) => [to, fingerprint, { ...entry, atMs: shift(entry.atMs) }]),
  owed: owed.map(([to, fingerprint, sinceMs]) => [to, fingerprint, shift(sinceMs)]),
  notes: notes.map((note) => ({ ...note, madeMs: shift(note.madeMs) })),
});

const eachOf = <T>(items: unknown, most: number, read: (item: unknown) => T): readonly T[] =>
  readArray(items, most).flatMap((item) => orNothing(() => read(item)));

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Malformed('an object');
  return value as Readonly<Record<string, unknown>>;
}

function oneOf<Name extends string>(value: unknown, names: readonly Name[]): Name {
  const name = names.find((one) => one === value);
  if (name === undefined) throw new Malformed(`one of ${names.join(', ')}`);
  return name;
}

const readName = (value: unknown): string => readText(value, MAX_NAME_LENGTH);
const readLine = (value: unknown): string => readText(value, MAX_TEXT_LENGTH);
const readNames = (value: unknown): readonly string[] => eachOf(value, MAX_NAMES, readName);

function readKept(item: unknown): Kept {
  const { alert, isCause, subject, standing, reach, beganMs, awayMs } = fieldsOf(item);
  const [about, gone] = [readOptional(subject, readLine), readOptional(awayMs, readInstant)];
  return {
    alert: readAlert(alert),
    isCause: isCause === true,
    ...(about !== undefined && { subject: about }),
    standing: oneOf(standing, STANDINGS),
    reach: readNames(reach),
    beganMs: readInstant(beganMs),
    ...(gone !== undefined && { awayMs: gone }),
  };
}

function readAlert(item: unknown): Alert {
  const { fingerprint, reason, severity, nodes, sentence, since, endedAt, observers, remedy, rule } = fieldsOf(item);
  const [end, first, words] = [
    readOptional(endedAt, readInstant),
    readOptional(remedy, readLine),
    readOptional(rule, readRule),
  ];
  return {
    fingerprint: readMatch(fingerprint, HEX_16),
    reason: readName(reason),
    severity: oneOf(severity, SEVERITIES),
    nodes: readNames(nodes),
    sentence: readLine(sentence),
    since: readInstant(since),
    ...(end !== undefined && { endedAt: end }),
    observers: readNames(observers),
    ...(first !== undefined && { remedy: first }),
    ...(words !== undefined && { rule: words }),
  };
}

function readRule(item: unknown): RuleWords {
  const { key, facts, round, receivers } = fieldsOf(item);
  const those = Object.entries(readOptional(facts, fieldsOf) ?? {}).slice(0, MAX_FACTS);
  return {
    key: readLine(key),
    facts: Object.fromEntries(those.map(([name, value]) => [readName(name), readLine(value)])),
    round: readInteger(round, 0),
    receivers: readNames(receivers),
  };
}

function readToldOf(item: unknown): AlertMemory['told'][number] {
  const [to, fingerprint, entry] = readArray(item, 3);
  const { state, severity, atMs, by, round, size, ruleRound } = fieldsOf(entry);
  const ofRule = readOptional(ruleRound, (value) => readInteger(value, 0, MAX_ROUND));
  const told: Told = {
    state: oneOf(state, STATES),
    severity: oneOf(severity, SEVERITIES),
    atMs: readInstant(atMs),
    by: readName(by),
    round: readInteger(round, 0, MAX_ROUND),
    size: readInteger(size, 0, MAX_SIZE),
    ...(ofRule !== undefined && { ruleRound: ofRule }),
  };
  return [readMatch(to, HEX_16), readMatch(fingerprint, HEX_16), told];
}

function readOwed(item: unknown): AlertMemory['owed'][number] {
  const [to, fingerprint, sinceMs] = readArray(item, 3);
  return [readMatch(to, HEX_16), readMatch(fingerprint, HEX_16), readInstant(sinceMs)];
}

function readLocalNote(item: unknown): LocalNote {
  const { topic, items, madeMs } = fieldsOf(item);
  return { topic: oneOf(topic, TOPICS), items: readArray(items, MAX_TOLD), madeMs: readInstant(madeMs) };
}
