/**
 * An entry of a node's event log on the wire.
 *
 * `[boot, sequence, sequence, node, epoch, at, kind, …]`, then by kind:
 *
 * - raised, cleared: `check, reason, severity, message, subject`
 * - changed: `check, from, to, message`
 * - agent-started, agent-stopped, agent-notice: `message`
 *
 * (author, epoch, sequence) names an event for ever: the epoch is random and made with the author's database. `at` is
 * the author's clock and only for people.
 */
import type { Severity } from '../../../checks/types.ts';
import type { ResultStatus } from '../../model/report.ts';
import { cleanText } from '../../model/text.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import { envelopeOverhead } from '../envelope/envelope.ts';
import { type Header, headerItems, readHeader } from './header.ts';
import { decodePayload, encodePayload, trimmed } from './payload.ts';
import { Malformed, readInstant, readMatch, readOptional, readText } from './read.ts';
import { MAX_MESSAGE, MAX_SUBJECT, readName } from './result.ts';

/** Where an event stands in its author's log. */
export interface EventPlace {
  readonly boot: number;
  /** Of the log: 8 random bytes in base64url. */
  readonly epoch: string;
  /** From 1 within the epoch, over all boots. */
  readonly sequence: number;
}

/** A kind that this version does not know: it is kept and relayed, and nothing is concluded from it. */
export interface OtherEvent {
  readonly kind: 'other';
  readonly name: string;
  readonly at: number;
  readonly node: string;
}

export interface DecodedEvent {
  readonly header: Header;
  readonly epoch: string;
  readonly event: TimelineEvent | OtherEvent;
}

export const EVENT = 'event';

/** Of the whole envelope: what gossip carries at once. Longer messages are cut to fit. */
export const MAX_EVENT_BYTES = 512;

const EPOCH = /^[\w-]{11}$/;
const KIND = /^[a-z][a-z-]{0,31}$/;
const CHECK_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const STATUSES: readonly (ResultStatus | 'none')[] = ['none', 'ok', 'problem', 'unknown', 'absent'];
const SEVERITIES: readonly Severity[] = ['warning', 'critical'];

export const makeEpoch = (randomBytes: (count: number) => Uint8Array): string =>
  Buffer.from(randomBytes(8)).toString('base64url');

/** The payload. Message, then subject are cut until the envelope has 512 bytes; only very long names exceed it. */
export function encodeEvent(place: EventPlace, event: TimelineEvent): Uint8Array {
  const clean = {
    ...event,
    message: cleanText(event.message, MAX_MESSAGE),
    ...('subject' in event && { subject: cleanText(event.subject, MAX_SUBJECT) }),
  };
  return fitted(place, clean, MAX_EVENT_BYTES - envelopeOverhead(EVENT));
}

/** Undefined for what is no event. Never throws. */
export const decodeEvent = (payload: Uint8Array): DecodedEvent | undefined =>
  decodePayload(payload, (items) => {
    const header = readHeader(items);
    const [epoch, at, kind, ...rest] = items.slice(4);
    return {
      header,
      epoch: readMatch(epoch, EPOCH),
      event: { at: readInstant(at), node: header.node, ...readKind(readMatch(kind, KIND), rest) },
    };
  });

function encodeOnce({ boot, epoch, sequence }: EventPlace, event: TimelineEvent): Uint8Array {
  const header = headerItems({ boot, sequence, contentSequence: sequence, node: event.node });
  return encodePayload([...header, epoch, Math.round(event.at), event.kind, ...kindItems(event)]);
}

function kindItems(event: TimelineEvent): readonly unknown[] {
  switch (event.kind) {
    case 'raised':
    case 'cleared':
      return trimmed([event.check, event.reason, event.severity, event.message, event.subject ?? null]);
    case 'changed':
      return [event.check, event.from, event.to, event.message];
    default:
      return [event.message];
  }
}

type Kind = TimelineEvent extends infer Event
  ? Event extends TimelineEvent
    ? Omit<Event, 'at' | 'node'>
    : never
  : never;

/** @throws {Malformed} */
function readKind(kind: string, items: readonly unknown[]): Kind | Omit<OtherEvent, 'at' | 'node'> {
  switch (kind) {
    case 'raised':
    case 'cleared': {
      const subject = readOptional(items[4], (text) => readText(text, MAX_SUBJECT));
      return {
        kind,
        check: readMatch(items[0], CHECK_ID),
        reason: readName(items[1]),
        severity: readOneOf(items[2], SEVERITIES),
        message: readText(items[3], MAX_MESSAGE),
        ...(subject !== undefined && { subject }),
      };
    }
    case 'changed':
      return {
        kind,
        check: readMatch(items[0], CHECK_ID),
        from: readOneOf(items[1], STATUSES),
        to: readResultStatus(items[2]),
        message: readText(items[3], MAX_MESSAGE),
      };
    case 'agent-started':
    case 'agent-stopped':
    case 'agent-notice':
      return { kind, message: readText(items[0], MAX_MESSAGE) };
    default:
      return { kind: 'other', name: kind };
  }
}

function readResultStatus(value: unknown): ResultStatus {
  const status = readOneOf(value, STATUSES);
  if (status === 'none') throw new Malformed('a status');
  return status;
}

function readOneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Malformed(`one of ${known.join(', ')}`);
  return found;
}

/** Takes from the message, then from the subject, until the payload fits. */
function fitted(place: EventPlace, event: TimelineEvent, room: number): Uint8Array {
  let current = event;
  let payload = encodeOnce(place, current);
  while (payload.length > room) {
    const shorter = shortened(current, payload.length - room);
    if (shorter === undefined) break;
    current = shorter;
    payload = encodeOnce(place, current);
  }
  return payload;
}

/** Undefined: there is nothing left to take from. */
function shortened(event: TimelineEvent, excessBytes: number): TimelineEvent | undefined {
  // A character has at most 6 bytes in JSON, so this never takes much more than is needed.
  const cut = (text: string): string => cleanText(text, Math.max(1, text.length - Math.ceil(excessBytes / 6)));
  if (event.message.length > 1) return { ...event, message: cut(event.message) };
  if ('subject' in event && event.subject.length > 1) return { ...event, subject: cut(event.subject) };
  return undefined;
}
