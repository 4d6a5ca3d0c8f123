/**
 * How what one agent says reaches all others: small news by broadcast, everything by sync. Whatever is signed and new
 * goes into the book and is told to the listeners, once.
 */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import { REPORT } from '../codec/report.ts';
import { type AuthorKey, peerIdOf } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { Transport } from '../transport/types.ts';
import { createBootClaim } from './boot-claim.ts';
import { type EventCounts, createEvents } from './events.ts';
import { highestBoot } from './highest-boot.ts';
import { type Sync, createSync } from './sync.ts';
import type { SyncCounts } from './sync-counts.ts';

/** A record that was not in the book before. */
export interface Delivery {
  readonly record: BookRecord;
  /** More than ages and figures is new. */
  readonly contentChanged: boolean;
  readonly via: 'own' | 'event' | 'sync';
  /** PeerId of who brought it. */
  readonly from: string;
}

export interface SpreadOptions {
  /** Our own key. */
  readonly author: AuthorKey;
}

export interface SpreadDeps {
  /** Its topics include {@link EVENTS_TOPIC}. */
  readonly transport: Pick<Transport, 'peerId' | 'open' | 'handle' | 'peers' | 'watch' | 'publish' | 'subscribe'>;
  readonly book: RecordBook;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly log: Pick<Logger, 'error'>;
  /**
   * False keeps an own envelope from being broadcast, because a majority of those who observe the same has said it
   * already; sync brings it. Must not throw.
   */
  readonly isNews?: (envelope: Uint8Array) => boolean;
  /** All neighbours seem to know the same as this agent: to ask them now and then is enough. */
  readonly isCalm?: () => boolean;
  /** A neighbour did what no agent does. */
  readonly onMisdeed?: (peerId: string, misdeed: Misdeed) => void;
}

export interface SpreadCounts {
  readonly events: EventCounts;
  readonly sync: SyncCounts;
  /** Places that are remembered in the lists of neighbours. */
  readonly cursors: number;
}

export interface Spread {
  /** Once the transport is started. */
  start(): void;
  /** Before the transport is stopped. */
  stop(): void;
  /**
   * Takes an own envelope into the book and tells the others: a small one by broadcast, a report only by sync. An
   * envelope of a type is broadcast at once or within 200 ms for each type that waits; `leaving` goes first.
   */
  publishOwn(envelope: Uint8Array): OfferResult;
  /** Called for every record that is new, own ones included. Returns how to stop. */
  onRecord(listener: (delivery: Delivery) => void): () => void;
  /**
   * The highest boot that is held for our key, by the first neighbours to be asked; undefined when none answered
   * within 3 s. Ask after the start and before the first own envelope.
   */
  highestBoot(): Promise<number | undefined>;
  /** Called with the boot that a neighbour says it has seen of our key, at each exchange. Returns how to stop. */
  onHeldBoot(listener: (boot: number) => void): () => void;
  /**
   * More is attested than is held: syncs with the first of these that is connected, or with any neighbour. At most once
   * a second something comes of it.
   */
  noticeGap(...peerIds: readonly string[]): void;
  /** There is room for what was refused before: the next exchange looks at everything. */
  compareSoon(): void;
  counts(): SpreadCounts;
}

export function createSpread({ author }: SpreadOptions, deps: SpreadDeps): Spread {
  const { transport, book, clock, log } = deps;
  const listeners = new Set<(delivery: Delivery) => void>();
  const bootListeners = new Set<(boot: number) => void>();
  const tell = (result: OfferResult, via: Delivery['via'], from: string): void => {
    if (result.kind !== 'accepted') return;
    for (const listener of listeners) {
      try {
        listener({ record: result.record, contentChanged: result.contentChanged, via, from });
      } catch (error) {
        // A defect in one reader must keep nothing from the others.
        log.error({ err: messageOf(error) }, 'a listener to records failed');
      }
    }
  };
  const onMisdeed = deps.onMisdeed ?? ((): void => {});
  const claim = createBootClaim({
    clock,
    underWay: () => sync.underWay(),
    ownBook: () => highestBoot(book, author),
  });
  const sync: Sync = createSync({
    ...deps,
    author,
    isCalm: deps.isCalm ?? (() => false),
    onOffered: (result, peerId) => tell(result, 'sync', peerId),
    onMisdeed,
    onHeldBoot(boot) {
      claim.held(boot);
      for (const listener of bootListeners) listener(boot);
    },
    onDone: () => claim.done(),
  });
  const events = createEvents({
    transport,
    book,
    clock,
    isNews: deps.isNews ?? (() => true),
    onMisdeed,
    onAccepted: (accepted, from) => tell(accepted, 'event', from),
    // Its author has it for certain.
    onGap: ({ author: other }, from) => sync.noticeGap(peerIdOf(other), from),
  });
  return {
    start() {
      events.start();
      sync.start();
    },
    stop() {
      events.stop();
      sync.stop();
    },
    publishOwn(envelope) {
      const result = book.offer(envelope, transport.peerId, clock.monotonic());
      if (result.kind === 'accepted' && result.record.type !== REPORT) events.publish(result.record.type, envelope);
      tell(result, 'own', transport.peerId);
      return result;
    },
    onRecord(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    highestBoot: () => claim.highest(),
    onHeldBoot(listener) {
      bootListeners.add(listener);
      return () => bootListeners.delete(listener);
    },
    noticeGap: (...peerIds) => sync.noticeGap(...peerIds),
    compareSoon: () => sync.compareSoon(),
    counts: () => ({ events: events.counts(), sync: sync.counts(), cursors: sync.cursors() }),
  };
}
