/**
 * An entry of a node's event log on the wire.
 *
 * `[boot, sequence, contentSequence, node, epoch, place, at, kind, …]`, then by kind:
 *
 * - raised, cleared: `check, reason, severity, message, subject`
 * - changed: `check, from, to, message`
 * - agent-started, agent-stopped, agent-notice: `message`
 * - edges: `[[peer, state], …]`
 *
 * (author, epoch, place) names an event for ever: the epoch is random and made with the author's database, the place
 * counts from 1 over all boots. The header is that of the author's latest report: what an event says of edges corrects
 * this report, and any later one replaces it. `at` is the author's clock and only for people.
 */
import type { Severity } from '../../../checks/types.ts';
import type { ResultStatus } from '../../model/report.ts';
import { cleanText } from '../../model/text.ts';
import type { EdgeState } from '../../model/member.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import { envelopeOverhead } from '../envelope/envelope.ts';
import { edgeStateNumber, readEdgeState, readPrefix } from './edge.ts';
import { type Header, headerItems, readHeader } from './header.ts';
import { decodePayload, encodePayload, trimmed } from './payload.ts';
import { Malformed, readArray, readInstant, readInteger, readMatch, readOptional, readText } from '../../model/read.ts';
import { MAX_MESSAGE, MAX_SUBJECT, readName } from './result.ts';

/** Where an event stands in its author's log, and after which of its reports. */
export interface EventPlace extends Omit<Header, 'node'> {
  /** Of the log: 8 random bytes in base64url. */
  readonly epoch: string;
  /** From 1 within the epoch, over all boots. */
  readonly place: number;
}

/** Edges that have become something else. */
export interface EdgesEvent {
  readonly kind: 'edges';
  readonly at: number;
  readonly node: string;
  readonly edges: readonly EdgeChange[];
}

export interface EdgeChange {
  /** The first 8 bytes of the peer's key in base64url. */
  readonly peer: string;
  /** Undefined: this node says nothing of the peer any more. */
  readonly state?: EdgeState;
}

/** What may stand in an event log. */
export type WireEvent = TimelineEvent | EdgesEvent;

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
  readonly place: number;
  readonly event: WireEvent | OtherEvent;
}

export const EVENT = 'event';

/** Of the whole envelope: what gossip carries at once. Longer messages are cut to fit. */
export const MAX_EVENT_BYTES = 512;

/** With a node name of 100 characters so many fit into 512 bytes; more changes are more events. */
export const MAX_EDGE_CHANGES = 12;

const EPOCH = /^[\w-]{11}$/;
const KIND = /^[a-z][a-z-]{0,31}$/;
const CHECK_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const STATUSES: readonly (ResultStatus | 'none')[] = ['none', 'ok', 'problem', 'unknown', 'absent'];
const SEVERITIES: readonly Severity[] = ['warning', 'critical', 'info'];

export const makeEpoch = (randomBytes: (count: number) => Uint8Array): string =>
  Buffer.from(randomBytes(8)).toString('base64url');

/**
 * The payload. Message, then subject are cut until the envelope has 512 bytes; only very long names exceed it. An
 * event has room for {@link MAX_EDGE_CHANGES} edges.
 */
export function encodeEvent(place: EventPlace, event: WireEvent): Uint8Array {
  if (event.kind === 'edges') return encodeOnce(place, event);
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
    const header = readHeader(items, 0);
    const [epoch, place, at, kind, ...rest] = items.slice(4);
    return {
      header,
      epoch: readMatch(epoch, EPOCH),
      place: readInteger(place, 1),
      event: { at: readInstant(at), node: header.node, ...readKind(readMatch(kind, KIND), rest) },
    };
  });

function encodeOnce(place: EventPlace, event: WireEvent): Uint8Array {
  const header = headerItems({ ...place, node: event.node });
  return encodePayload([...header, place.epoch, place.place, Math.round(event.at), event.kind, ...kindItems(event)]);
}

function kindItems(event: WireEvent): readonly unknown[] {
  switch (event.kind) {
    case 'edges':
      return [event.edges.slice(0, MAX_EDGE_CHANGES).map(({ peer, state }) => [peer, edgeStateNumber(state)])];
    case 'raised':
    case 'cleared':
      return trimmed([event.check, event.reason, event.severity, event.message, event.subject ?? null]);
    case 'changed':
      return [event.check, event.from, event.to, event.message];
    default:
      return [event.message];
  }
}

/** Omit for each member of a union by itself. */
type WithoutPlace<Event> = Event extends unknown ? Omit<Event, 'at' | 'node'> : never;

/** @throws {Malformed} */
function readKind(kind: string, items: readonly unknown[]): WithoutPlace<WireEvent | OtherEvent> {
  switch (kind) {
    case 'edges':
      return { kind, edges: readArray(items[0], MAX_EDGE_CHANGES).map(readEdgeChange) };
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

/** A state of a newer version testifies to nothing, and withdraws what was said before. @throws {Malformed} */
function readEdgeChange(value: unknown): EdgeChange {
  const [peer, stateNumber] = readArray(value, 2);
  const state = readEdgeState(stateNumber) ?? undefined;
  return { peer: readPrefix(peer), ...(state !== undefined && { state }) };
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
