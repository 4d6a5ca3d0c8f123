/** Keeps this agent's records the same as its neighbours': with whom to exchange, and when. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Misdeed } from '../conduct/misdeed.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { RecordId } from '../records/record-id.ts';
import type { Transport, TransportEvent } from '../transport/types.ts';
import { createBackOff } from './back-off.ts';
import { createContentHashes } from './content-hashes.ts';
import { createCrowds } from './crowds.ts';
import { createCursors } from './cursors.ts';
import { createExchangeRunner } from './exchange-runner.ts';
import { createGaps } from './gaps.ts';
import { createPartners } from './partners.ts';
import { type SyncCounts, createSyncCounter } from './sync-counts.ts';

export interface SyncDeps {
  readonly transport: Pick<Transport, 'open' | 'handle' | 'peers' | 'watch'>;
  readonly book: RecordBook;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly log: Pick<Logger, 'error'>;
  /** Our own key. */
  readonly author: AuthorKey;
  /** All neighbours seem to know the same as this agent. */
  readonly isCalm: () => boolean;
  readonly onOffered: (result: OfferResult, peerId: string) => void;
  readonly onHeldBoot: (boot: number, peerId: string) => void;
  /** The peer did what no agent does. */
  readonly onMisdeed: (peerId: string, misdeed: Misdeed) => void;
  /** An exchange is over, well or not. */
  readonly onDone: () => void;
}

export interface Sync {
  start(): void;
  /** Nothing begins any more; what is under way ends with the transport or at its bound. */
  stop(): void;
  /**
   * Something is missing here: syncs with the first of these that is connected, or with any neighbour. At most once a
   * second something comes of it.
   */
  noticeGap(...peerIds: readonly string[]): void;
  /** There is room for what was refused before: the next exchange looks at everything. */
  compareSoon(): void;
  /** Exchanges under way that this agent began. */
  underWay(): number;
  counts(): SyncCounts;
  /** Neighbours, of now or before, in whose lists this agent remembers a place. */
  cursors(): number;
}

/** Two neighbours every 5 s, one after the other; in a calm cluster only figures grow old. */
const ROUND_MS = 5000;
const CALM_ROUND_MS = 15_000;
const PARTNERS = 2;
const JITTER = 0.2;
/** Every so often one exchange compares hashes, in case something was lost. */
const COMPARE_MS = 60_000;
/** Exchanges at a time that this agent begins. */
const MAX_OWN = 2;
/** A neighbour that always has more is not the only one. */
const MAX_IN_A_ROW = 16;

export function createSync(deps: SyncDeps): Sync {
  const { transport, clock, random } = deps;
  const counter = createSyncCounter();
  const backOff = createBackOff();
  const partners = createPartners(backOff, random);
  const crowds = createCrowds(clock, randomUUID());
  const onOffered: SyncDeps['onOffered'] = (result, peerId) => {
    counter.offered(result, peerId);
    if (result.kind === 'rejected') deps.onMisdeed(peerId, 'forged');
    deps.onOffered(result, peerId);
  };
  const exchange = {
    ...deps,
    cursors: createCursors(),
    hashes: createContentHashes(clock),
    underWay: new Set<string>(),
    onOffered,
    onIds: (ids: readonly RecordId[], peerId: string) => {
      if (crowds.isOne(peerId, ids)) deps.onMisdeed(peerId, 'invented');
    },
  };
  const runner = createExchangeRunner({ ...deps, exchange, counter, backOff, partners });
  const own = new Set<string>();
  const state = { running: false, compareAt: 0 };
  let cancelRound: () => void = () => {};
  let unwatch: () => void = () => {};

  const jitter = (): number => 1 - JITTER + 2 * JITTER * random();
  const connected = (): string[] => [...new Set(transport.peers().map(({ peerId }) => peerId))];
  const isFree = (peerId: string): boolean => !own.has(peerId);

  /** Exchanges with one neighbour until nothing is left over. */
  async function talkTo(peerId: string): Promise<void> {
    own.add(peerId);
    for (let turn = 0; turn < MAX_IN_A_ROW && state.running; turn += 1) {
      const compare = clock.monotonic() >= state.compareAt;
      if (compare) state.compareAt = clock.monotonic() + COMPARE_MS * jitter();
      const report = await runner.begin(peerId, compare);
      if (report?.unfinished !== true) break;
      // Hashes may have to be asked for first; from then on each exchange brings something.
      if (turn > 0 && report.accepted + report.recordsSent === 0) break;
    }
    own.delete(peerId);
    beginHurried();
  }

  function beginHurried(): void {
    while (state.running && own.size < MAX_OWN) {
      const peerId = partners.takeHurried(isFree);
      if (peerId === undefined) return;
      void talkTo(peerId);
    }
  }

  const hurry = (peerId: string): void => {
    partners.hurry(peerId);
    beginHurried();
  };

  function scheduleRound(): void {
    const many = Math.min(PARTNERS, Math.max(1, connected().length));
    const roundMs = deps.isCalm() ? CALM_ROUND_MS : ROUND_MS;
    cancelRound = clock.after((roundMs / many) * jitter(), () => {
      const peerId = own.size < MAX_OWN ? partners.pick(connected(), clock.monotonic(), isFree) : undefined;
      if (peerId !== undefined) void talkTo(peerId);
      scheduleRound();
    });
  }

  const gaps = createGaps((peerIds) => {
    const now = clock.monotonic();
    const among = connected().filter((peerId) => !backOff.isWaiting(peerId, now));
    const peerId = peerIds.find((one) => among.includes(one)) ?? partners.pick(among, now, isFree);
    if (peerId !== undefined) hurry(peerId);
  }, deps);

  const onTransport = (event: TransportEvent): void => {
    if (event.kind === 'disconnected') return partners.left(event.peerId);
    backOff.reconnected(event.peerId);
    // Whoever dialled begins, else both would.
    if (event.direction === 'outbound' && !backOff.isWaiting(event.peerId, clock.monotonic())) hurry(event.peerId);
  };

  runner.serve(() => state.running);
  return {
    start() {
      state.running = true;
      state.compareAt = clock.monotonic() + COMPARE_MS * random();
      unwatch = transport.watch(onTransport);
      for (const peerId of connected()) hurry(peerId);
      scheduleRound();
    },
    stop() {
      state.running = false;
      cancelRound();
      gaps.stop();
      unwatch();
    },
    noticeGap(...peerIds) {
      if (state.running) gaps.notice(peerIds);
    },
    compareSoon() {
      state.compareAt = -Infinity;
      if (state.running) gaps.notice([]);
    },
    underWay: () => own.size,
    counts: () => counter.counts(),
    cursors: () => exchange.cursors.count(),
  };
}
