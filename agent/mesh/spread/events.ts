/** Events: transitions that everybody should know of at once, by broadcast. What it loses, sync brings. */
import type { Clock } from '../../base/clock.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import { EVENT } from '../codec/event.ts';
import { REPORT } from '../codec/report.ts';
import { peekHeader } from '../codec/header.ts';
import { decodeEnvelope } from '../envelope/envelope.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { Transport, Verdict } from '../transport/types.ts';
import { type PublisherCounts, createPublisher } from './publisher.ts';
import { createOwnFloods } from './own-floods.ts';
import { createStormBrake } from './storm-brake.ts';
import { EVENTS_TOPIC, MAX_BROADCAST_BYTES } from './topic.ts';

export interface EventsDeps {
  readonly transport: Pick<Transport, 'publish' | 'subscribe'>;
  readonly book: RecordBook;
  readonly clock: Clock;
  /** False: a majority of those who see the same has said so. */
  readonly isNews: (envelope: Uint8Array) => boolean;
  /** The neighbour did what no agent does. */
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
  /** An envelope is in the book that was not before; once each. */
  readonly onAccepted: (accepted: Extract<OfferResult, { kind: 'accepted' }>, from: string) => void;
  /** The neighbour brought an event, and what its author said before is not here. */
  readonly onGap: (record: BookRecord, from: string) => void;
}

export interface EventCounts extends PublisherCounts {
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: number;
  /** Own events are left to sync at the moment. */
  readonly storm: boolean;
}

export interface Events {
  start(): void;
  stop(): void;
  /** Broadcasts an own envelope soon, or leaves it to sync. */
  publish(type: string, envelope: Uint8Array): void;
  counts(): EventCounts;
}

export function createEvents(deps: EventsDeps): Events {
  const { transport, book, clock } = deps;
  const brake = createStormBrake();
  const ownFloods = createOwnFloods(clock);
  const isBraked = (): boolean => brake.isOn(clock.monotonic());
  const publisher = createPublisher({ transport, clock, isBraked, isNews: deps.isNews });
  const counts = { accepted: 0, ignored: 0, rejected: 0 };
  /** Between the verdict and the delivery; the transport hands on the bytes that were judged. */
  const judged = new WeakMap<Uint8Array, Extract<OfferResult, { kind: 'accepted' }>>();
  let running = false;

  function validate(bytes: Uint8Array, from: string): Verdict {
    if (!running) return 'ignore';
    const result: OfferResult =
      bytes.length > MAX_BROADCAST_BYTES
        ? { kind: 'rejected', why: 'oversize' }
        : book.offer(bytes, from, clock.monotonic());
    if (result.kind === 'rejected') {
      counts.rejected += 1;
      deps.onMisdeed(from, 'forged');
      return 'reject';
    }
    if (ownFloods.isOne(bytes, from)) deps.onMisdeed(from, 'flood');
    // One that says too much must not silence all others.
    if (result.kind !== 'ignored' || result.why !== 'rate') brake.note(clock.monotonic());
    if (result.kind !== 'accepted') {
      counts.ignored += 1;
      return 'ignore';
    }
    counts.accepted += 1;
    judged.set(bytes, result);
    return 'accept';
  }

  function deliver(bytes: Uint8Array, from: string): void {
    const accepted = judged.get(bytes);
    if (accepted === undefined) return;
    judged.delete(bytes);
    deps.onAccepted(accepted, from);
    if (isAhead(book, accepted.record)) deps.onGap(accepted.record, from);
  }

  transport.subscribe(EVENTS_TOPIC, validate, deliver);
  return {
    start: () => void (running = true),
    stop() {
      running = false;
      publisher.stop();
    },
    publish: (type, envelope) => publisher.submit(type, envelope),
    counts: () => ({ ...counts, ...publisher.counts(), storm: isBraked() }),
  };
}

/**
 * The event before this one is missing, because its author may not broadcast everything or a broadcast was lost; or the
 * report that it came after is.
 */
function isAhead(book: RecordBook, { author, type, epoch, sequence, bytes }: BookRecord): boolean {
  if (type !== EVENT || epoch === undefined) return false;
  const prefix = prefixOf(author);
  if (sequence > 1 && book.wants({ author: prefix, type, run: epoch, sequence: sequence - 1 })) return true;
  const decoded = decodeEnvelope(bytes);
  const header = decoded.ok ? peekHeader(decoded.envelope.payload) : undefined;
  if (header === undefined) return false;
  return book.wants({ author: prefix, type: REPORT, run: header.boot, sequence: header.sequence });
}
