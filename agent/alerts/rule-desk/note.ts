/**
 * A note of the topic `alerts`: first `{set, judging, unknown, absent, omitted}`, then what the next one who judges goes on with, as
 * `{local, age, state}`, then one array for each alert. Instants are ms before the note was made. Fields that are not known are
 * left alone, so that a later version may add some.
 */
import { MAX_NOTE_BYTES, MAX_NOTE_ITEMS } from '../../model/board.ts';
import type { FindingSeverity } from '../../model/finding.ts';
import {
  Malformed,
  readArray,
  readDuration,
  readInteger,
  readMatch,
  readOptional,
  readText,
} from '../../model/read.ts';
import { HEX_16, MAX_ROUND, orNothing } from '../told-note.ts';
import type { Legacy, NoteHead, RuleNote, RuleWord, Unknown } from './word.ts';

const SEVERITIES = ['critical', 'warning', 'info'] as const satisfies readonly FindingSeverity[];
/** What there is room for, from the best on; sentence and facts are for people, and go first. */
const LENGTHS = [
  { sentence: 400, fact: 200 },
  { sentence: 200, fact: 80 },
  { sentence: 200, fact: 0 },
  { sentence: 60, fact: 0 },
  { sentence: 0, fact: 0 },
] as const;
const MAX_NAME = 63;
const MAX_KEY = 200;
const MAX_FACTS = 24;
const MAX_FACT_NAME = 40;
const MAX_NODES = 16;
const MAX_NODE_NAME = 253;
const MAX_RECEIVERS = 16;
const MAX_WHY = 160;
const MAX_REASONS = 16;
const MAX_RULES = 1000;
const SET = /^[0-9a-f]{8,32}$/;
const LOCAL = 1;
const UNSURE = 2;
/** Of the two kinds that there are. */
const MAX_LEGACIES = 4;
/** A round that was let through as it began to fire is not said by itself. */
const SAME_MS = 2000;
/** No alert is older. */
const LONGEST_MS = 365 * 86_400_000;

/** What is said of rules that nobody could read. */
export const NO_HEAD: NoteHead = { set: '', unknown: [], absent: [], omitted: 0 };

/** Those that fire first, of these the gravest, of these the newest; then the newest of what is over. */
export const byUse = (one: RuleWord, other: RuleWord): number =>
  Number(one.endedMs !== undefined) - Number(other.endedMs !== undefined) ||
  (one.endedMs === undefined ? gravity(one) - gravity(other) : 0) ||
  (other.endedMs ?? other.sinceMs) - (one.endedMs ?? one.sinceMs) ||
  (one.fingerprint < other.fingerprint ? -1 : 1);

const gravity = ({ severity }: RuleWord): number => SEVERITIES.indexOf(severity);

/** What has no room is left out, the last first; how many of them fire stands in it. */
export function makeNote(
  { head, words, legacies }: RuleNote,
  nowMs: number,
  maxBytes = MAX_NOTE_BYTES,
): readonly unknown[] {
  const behind = legacies.map((one) => toState(one, nowMs));
  // As many digits as ever stand there.
  const longest = toHead({ ...head, omitted: words.length }, nowMs);
  let room = maxBytes - Buffer.byteLength(JSON.stringify([longest, ...behind])) - 1;
  const ordered = words.toSorted(byUse).slice(0, MAX_NOTE_ITEMS - 1 - behind.length);
  const written = (lengths: (typeof LENGTHS)[number]): readonly (readonly unknown[])[] =>
    ordered.map((word) => toItem(word, nowMs, lengths));
  const bytesOf = (item: readonly unknown[]): number => Buffer.byteLength(JSON.stringify(item)) + 1;
  let items: readonly (readonly unknown[])[] = [];
  let sizes: readonly number[] = [];
  for (const lengths of LENGTHS) {
    items = written(lengths);
    sizes = items.map(bytesOf);
    if (sizes.reduce((sum, bytes) => sum + bytes, 0) <= room) break;
  }
  const kept = items.filter((_, index) => {
    room -= sizes[index] ?? 0;
    return room >= 0;
  });
  const isFiring = ({ endedMs }: RuleWord): boolean => endedMs === undefined;
  const omitted = words.filter(isFiring).length - ordered.slice(0, kept.length).filter(isFiring).length;
  return [toHead({ ...head, omitted: head.omitted + omitted }, nowMs), ...behind, ...kept];
}

const ageOf = (atMs: number, nowMs: number): number => Math.max(0, Math.round(nowMs - atMs));

const toHead = ({ set, judging, unknown, absent, omitted }: NoteHead, nowMs: number): object => ({
  set,
  ...(judging !== undefined && {
    judging: [judging.sinceMs, ...(judging.untilMs === undefined ? [] : [judging.untilMs])].map((ms) =>
      ageOf(ms, nowMs),
    ),
  }),
  ...(unknown.length > 0 && {
    unknown: fewer(unknown).map(({ why, rules }) => [cut(why, MAX_WHY), rules]),
  }),
  ...(absent.length > 0 && { absent }),
  ...(omitted > 0 && { omitted }),
});

const OTHER_WHY = 'its reason had no room in what is told: ask the node whose agent judges it';

/** Of as many reasons as there may be, the most frequent are told. */
function fewer(unknown: readonly Unknown[]): readonly Unknown[] {
  if (unknown.length <= MAX_REASONS) return unknown;
  const ordered = unknown.toSorted((a, b) => b.rules.length - a.rules.length);
  const rest = ordered.slice(MAX_REASONS - 1).flatMap(({ rules }) => rules);
  return [...ordered.slice(0, MAX_REASONS - 1), { why: OTHER_WHY, rules: rest }];
}

const toState = ({ isLocal, madeMs, items }: Legacy, nowMs: number): object => ({
  local: isLocal,
  age: ageOf(madeMs, nowMs),
  state: items,
});

const toItem = (word: RuleWord, nowMs: number, { sentence, fact }: (typeof LENGTHS)[number]): readonly unknown[] => [
  word.fingerprint,
  word.rule,
  cut(word.key, MAX_KEY),
  gravity(word),
  (word.isLocal ? LOCAL : 0) + (word.isSure ? 0 : UNSURE),
  ageOf(word.sinceMs, nowMs),
  ageOf(word.lastMs, nowMs),
  word.endedMs === undefined ? null : ageOf(word.endedMs, nowMs),
  Math.min(MAX_ROUND, word.round),
  ageOf(word.saidMs, nowMs),
  word.nodes.slice(0, MAX_NODES),
  cut(word.sentence, sentence),
  fact === 0
    ? null
    : Object.fromEntries(
        Object.entries(word.facts)
          .slice(0, MAX_FACTS)
          .map(([name, text]) => [name, cut(text, fact)]),
      ),
  ...toTail(word, nowMs),
];

/** Most have neither: of hundreds each byte counts. */
function toTail({ receivers, roundMs, sinceMs }: RuleWord, nowMs: number): readonly unknown[] {
  const named = receivers.slice(0, MAX_RECEIVERS);
  if (roundMs !== undefined && Math.abs(roundMs - sinceMs) > SAME_MS) return [named, ageOf(roundMs, nowMs)];
  return named.length === 0 ? [] : [named];
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : length === 0 ? '' : `${text.slice(0, length - 1)}…`;

/** What can be read of it; never throws. @param madeMs when the note was made, monotonic */
export function readNote(items: readonly unknown[], madeMs: number): RuleNote {
  const [first, ...rest] = items.slice(0, MAX_NOTE_ITEMS);
  const [head = NO_HEAD] = orNothing(() => readHead(first, madeMs));
  const words = new Map<string, RuleWord>();
  const legacies: Legacy[] = [];
  for (const item of rest) {
    if (!Array.isArray(item)) legacies.push(...orNothing(() => readState(item, madeMs)));
    else
      for (const word of orNothing(() => readItem(item, madeMs))) {
        // What began anew stands beside its end.
        const known = words.get(word.fingerprint);
        if (known === undefined || known.endedMs !== undefined) words.set(word.fingerprint, word);
      }
  }
  return { head, words: [...words.values()], legacies: legacies.slice(0, MAX_LEGACIES) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('an object');
  return value as Readonly<Record<string, unknown>>;
}

const instantOf = (value: unknown, madeMs: number): number => madeMs - Math.min(LONGEST_MS, readDuration(value));

function readHead(value: unknown, madeMs: number): NoteHead {
  const { set, judging, unknown, absent, omitted } = fieldsOf(value);
  const [sinceMs, untilMs] = readArray(judging, 2).map((age) => instantOf(age, madeMs));
  return {
    set: readMatch(set, SET),
    ...(sinceMs !== undefined && { judging: { sinceMs, ...(untilMs !== undefined && { untilMs }) } }),
    unknown: readArray(unknown, MAX_REASONS).flatMap((one) => orNothing(() => readUnknown(one))),
    absent: readPlaces(absent),
    omitted: readOptional(omitted, (count) => readInteger(count, 0, MAX_RULES * MAX_RULES)) ?? 0,
  };
}

function readUnknown(value: unknown): Unknown {
  const [why, rules] = readArray(value, 2);
  return {
    why: readText(why, MAX_WHY),
    rules: readPlaces(rules),
  };
}

const readPlaces = (value: unknown): readonly number[] =>
  readArray(value, MAX_RULES).map((place) => readInteger(place, 0, MAX_RULES));

function readState(value: unknown, madeMs: number): Legacy {
  const { local, age, state } = fieldsOf(value);
  return { isLocal: local === true, madeMs: instantOf(age, madeMs), items: readArray(state, MAX_NOTE_ITEMS) };
}

function readItem(value: unknown, madeMs: number): RuleWord {
  const [fingerprint, rule, key, severity, flags, since, last, ended, round, said, ...texts] = readArray(value, 15);
  const [nodes, sentence, facts, receivers, roundAge] = texts;
  const marks = readInteger(flags, 0);
  const [endedMs, roundMs] = [ended, roundAge].map((age) => readOptional(age, (one) => instantOf(one, madeMs)));
  return {
    fingerprint: readMatch(fingerprint, HEX_16),
    rule: readText(rule, MAX_NAME),
    key: readText(key, MAX_KEY),
    severity: SEVERITIES[readInteger(severity, 0, SEVERITIES.length - 1)] ?? 'info',
    isLocal: (marks & LOCAL) !== 0,
    isSure: (marks & UNSURE) === 0,
    sinceMs: instantOf(since, madeMs),
    lastMs: instantOf(last, madeMs),
    ...(endedMs !== undefined && { endedMs }),
    round: readInteger(round, 0, MAX_ROUND),
    ...(roundMs !== undefined && { roundMs }),
    saidMs: instantOf(said, madeMs),
    nodes: readArray(nodes, MAX_NODES).map((node) => readText(node, MAX_NODE_NAME)),
    sentence: readText(sentence, LENGTHS[0].sentence),
    facts: readOptional(facts, readFacts) ?? {},
    receivers: readArray(receivers, MAX_RECEIVERS).map((name) => readText(name, MAX_NAME)),
  };
}

const readFacts = (value: unknown): RuleWord['facts'] =>
  Object.fromEntries(
    Object.entries(fieldsOf(value))
      .slice(0, MAX_FACTS)
      .flatMap(([name, text]) =>
        orNothing(() => [readMatch(name, FACT_NAME), readText(text, LENGTHS[0].fact)] as const),
      ),
  );

const FACT_NAME = new RegExp(`^[a-zA-Z][a-zA-Z0-9]{0,${MAX_FACT_NAME - 1}}$`);
