/** The form in which agents tell each other of signals: one array for each, with durations in place of instants. */
import {
  Malformed,
  readArray,
  readDuration,
  readInteger,
  readMatch,
  readOptional,
  readText,
} from '../../model/read.ts';
import { SIGNAL_SOURCES, type SignalKey, type SignalSource } from '../../model/signal.ts';
import { isContainer, isNamespace, isWorkload } from './place.ts';
import { MAX_MESSAGE_LENGTH, MAX_NAME_LENGTH } from './read-request.ts';

/** What one agent was told last of one signal. Instants are ms on this agent's monotonic clock. */
export interface Statement extends SignalKey {
  readonly series: string;
  readonly source: SignalSource;
  readonly state: 'firing' | 'ok';
  readonly message: string;
  readonly sinceMs: number;
  readonly saidMs: number;
  /** Until then it holds. */
  readonly untilMs: number;
  readonly firstBy: string;
}

export const MOST_SIGNALS = 64;
/** No signal holds for longer; one that began earlier began then. */
const LONGEST_MS = 365 * 86_400_000;
const SERIES = /^[0-9a-f]{10}$/;
const NODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** @param nowMs monotonic; the note is made now */
export const toItem = (one: Statement, nowMs: number, maxMessageLength = MAX_MESSAGE_LENGTH): readonly unknown[] => [
  one.namespace,
  one.workload,
  one.container,
  one.name,
  one.message.length <= maxMessageLength ? one.message : `${one.message.slice(0, maxMessageLength)}…`,
  one.state === 'firing' ? 1 : 0,
  SIGNAL_SOURCES.indexOf(one.source),
  Math.min(LONGEST_MS, Math.max(0, Math.round(nowMs - one.sinceMs))),
  Math.max(0, Math.round(nowMs - one.saidMs)),
  Math.round(one.untilMs - one.saidMs),
  one.firstBy,
  ...(one.series === '' ? [] : [one.series]),
];

/** What a peer wrote; what cannot be read of it is left out. @param madeMs when the note was made, monotonic */
export const readNote = (items: readonly unknown[], madeMs: number): readonly Statement[] =>
  items.slice(0, MOST_SIGNALS).flatMap((item) => {
    try {
      return [readItem(item, madeMs)];
    } catch (error) {
      if (error instanceof Malformed) return [];
      throw error;
    }
  });

function readItem(item: unknown, madeMs: number): Statement {
  const [namespace, workload, container, name, message, firing, source, ...rest] = readArray(item, 12);
  const [since, said, ttl, firstBy, series] = rest;
  const saidMs = madeMs - readDuration(said);
  return {
    namespace: readName(namespace, isNamespace),
    workload: readName(workload, isWorkload),
    container: readName(container, isContainer),
    name: readText(name, MAX_NAME_LENGTH),
    message: readText(message, MAX_MESSAGE_LENGTH + 1),
    state: readInteger(firing, 0, 1) === 1 ? 'firing' : 'ok',
    source: SIGNAL_SOURCES[readInteger(source, 0, SIGNAL_SOURCES.length - 1)] ?? 'api',
    sinceMs: madeMs - Math.min(LONGEST_MS, readDuration(since)),
    saidMs,
    untilMs: saidMs + Math.min(86_400_000, readDuration(ttl)),
    firstBy: readMatch(firstBy, NODE),
    series: readOptional(series, (text) => readMatch(text, SERIES)) ?? '',
  };
}

function readName(value: unknown, isRight: (text: string) => boolean): string {
  if (typeof value !== 'string' || !isRight(value)) throw new Malformed('a name');
  return value;
}
