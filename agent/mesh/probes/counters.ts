/** What came in and went out, and why something was dropped; for metrics and for a person who asks why an edge is silent. */
import type { Refusal } from './datagram.ts';

const NAMES = [
  'pingsSent',
  'acksReceived',
  'pingsReceived',
  'acksSent',
  /** Of datagrams that test a length, the short ones among them. */
  'sizePingsSent',
  'sizeAcksSent',
  /** Not a datagram of ours at all. */
  'junk',
  'unknownVersion',
  'unknownKey',
  /** The right key's id with a wrong MAC. */
  'forged',
  'malformed',
  /** Authentic, and seen before or too old. */
  'replayed',
  /** Dropped because its sender, or all together, sent too many. */
  'overRate',
  /** My own datagram came back. */
  'reflected',
  /** An ack that no outstanding ping asked for. */
  'unasked',
  'sendFailures',
] as const;

export type CounterName = (typeof NAMES)[number];
export type Counters = Record<CounterName, number>;

export const createCounters = (): Counters => Object.fromEntries(NAMES.map((name) => [name, 0])) as Counters;

/** Counts why a datagram was not taken. */
export const countRefusal = (counters: Counters, refusal: Refusal): void => {
  counters[REFUSAL_COUNTERS[refusal]] += 1;
};

const REFUSAL_COUNTERS = {
  junk: 'junk',
  version: 'unknownVersion',
  'unknown-key': 'unknownKey',
  'bad-mac': 'forged',
  malformed: 'malformed',
} as const satisfies Record<Refusal, keyof Counters>;
