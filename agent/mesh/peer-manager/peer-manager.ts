/**
 * Keeps us connected: dials the neighbours that membership wants, a few others while there are too few, and seeds until
 * it is known who they are; explicit addresses only, for ever. libp2p's own means give up after a minute.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { canonicalAddress } from '../transport/address.ts';
import type { ConnectResult, Transport, TransportEvent } from '../transport/types.ts';
import { type BookEntry, createAddressBook } from './address-book.ts';
import { type AddressConflict, createConflicts } from './conflicts.ts';
import { surplusOf } from './surplus.ts';
import { type Target, createTargets } from './targets.ts';

export interface PeerManagerOptions {
  /** Whether peers may be on loopback addresses. */
  readonly allowLoopback: boolean;
  /** Addresses that are ours beside those that the transport listens on: what we announce. */
  readonly ownAddresses: readonly string[];
}

export interface PeerManagerDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

export interface PeerManager {
  start(): void;
  /** Ends dials that are under way; connections stay. */
  stop(): void;
  /** Peers to be connected with, from now on. */
  setNeighbours(peerIds: readonly string[]): void;
  /** Addresses of nobody in particular, dialled until somebody answers at each. At most 64 are used. */
  setSeeds(addresses: readonly string[]): void;
  /** Somebody says that a peer is at these addresses. */
  learn(peerId: string, addresses: readonly string[]): void;
  /** The peer was removed from the cluster: closes the connection and forgets its addresses. */
  forget(peerId: string): Promise<void>;
  /** A probe of the peer was answered: resets its back-off and dials at once where it is not connected. */
  reachable(peerId: string): void;
  /** Probes say that the peer is lost: closes the connection, which TCP would keep for a quarter of an hour. */
  lost(peerId: string): Promise<void>;
  conflicts(): readonly AddressConflict[];
  /** The address book, for the store. */
  exportBook(): readonly BookEntry[];
  importBook(entries: readonly BookEntry[]): void;
}

const TICK_MS = 250;
const MAX_DIALS = 8;
const MAX_SEEDS = 64;
/** With fewer connections than this anybody will do. */
const FEW = 3;
/** The greater PeerId of two leaves the first dial to the smaller, so that they do not cross. */
const DEFER_MS = 2000;
const DEFER_REACHABLE_MS = 300;
/** Of the smaller one, so that the nodes of a restarted cluster do not all dial in one instant. */
const SPREAD_MS = 200;
/** A connection that ends sooner counts as a failure, or two that disagree would dial and close without a pause. */
const STABLE_MS = 10_000;
/** A dial under way for so long is begun anew when the peer turns out to be reachable: its SYN may have been lost. */
const STALE_DIAL_MS = 200;

export function createPeerManager(options: PeerManagerOptions, deps: PeerManagerDeps): PeerManager {
  const { transport, clock, random, log } = deps;
  const monotonic = (): number => clock.monotonic();
  const book = createAddressBook(options, clock);
  const conflicts = createConflicts(monotonic);
  const targets = createTargets({ monotonic, random });
  const connectedAt = new Map<string, number>();
  let neighbours: ReadonlySet<string> = new Set();
  let seeds: readonly string[] = [];
  let closing: string | undefined;
  let running = false;
  let stopWatching = (): void => {};
  let stopTicks = (): void => {};

  const deferMs = (peerId: string): number => (transport.peerId < peerId ? 0 : DEFER_MS) + random() * SPREAD_MS;
  const isOpen = (seed: string): boolean => book.mayDial(seed) && book.holderOf(seed) === undefined;

  /** Everybody to dial, the most wanted first. */
  function* wanted(): Generator<Target> {
    for (const peerId of neighbours) if (!connectedAt.has(peerId)) yield targets.of(peerId, deferMs(peerId));
    for (const seed of seeds) if (isOpen(seed)) yield targets.of(seed, 0);
    if (connectedAt.size >= FEW) return;
    for (const peerId of book.peers())
      if (!connectedAt.has(peerId) && !neighbours.has(peerId)) yield targets.of(peerId, deferMs(peerId));
  }

  function tick(): void {
    if (!running) return;
    let free = MAX_DIALS - targets.dialling().length;
    for (const target of wanted()) {
      if (free <= 0) break;
      if (!targets.isDue(target)) continue;
      const seed = seeds.includes(target.key);
      const addresses = seed ? [target.key] : book.pick(target.key);
      if (addresses.length === 0) continue;
      free -= 1;
      void dial(target, addresses, seed ? undefined : target.key);
    }
    const surplus = closing === undefined ? surplusOf(connectedAt, neighbours, monotonic(), random) : undefined;
    if (surplus === undefined) return;
    closing = surplus;
    void transport.disconnect(surplus).finally(() => (closing = undefined));
  }

  async function dial(target: Target, addresses: readonly string[], peerId: string | undefined): Promise<void> {
    const controller = new AbortController();
    target.dial = { since: monotonic(), controller };
    const result = await transport.connect(addresses, peerId, controller.signal);
    delete target.dial;
    note(result, peerId);
    // A seed that answered is not open any more; should the book be unable to say so, it is not asked in a circle.
    if (result.peer !== undefined && peerId === undefined) targets.rest(target);
    if (result.peer === undefined && !controller.signal.aborted) targets.failed(target);
    tick();
  }

  function note({ attempts }: ConnectResult, expected: string | undefined): void {
    for (const { address, outcome, peerId } of attempts) {
      if (outcome === 'self') book.markOwn(address);
      if (peerId === undefined) continue;
      if (outcome === 'connected') {
        book.confirm(peerId, address);
        conflicts.clear(peerId, address);
      }
      if (outcome !== 'wrong-peer' || expected === undefined) continue;
      book.suspend(expected, address);
      book.confirm(peerId, address);
      if (conflicts.note(address, expected, peerId))
        log.warn({ address, expected, actual: peerId }, 'another peer answers at an address than the expected one');
    }
  }

  function onEvent(event: TransportEvent): void {
    const { peerId } = event;
    if (event.kind === 'connected') {
      connectedAt.set(peerId, monotonic());
      return;
    }
    const lasted = monotonic() - (connectedAt.get(peerId) ?? 0);
    connectedAt.delete(peerId);
    const target = targets.of(peerId, 0);
    if (lasted >= STABLE_MS) {
      target.failures = 0;
      target.notBefore = monotonic() + deferMs(peerId);
    } else targets.failed(target);
  }

  return {
    start() {
      running = true;
      for (const address of [...options.ownAddresses, ...transport.listening()]) book.markOwn(address);
      stopWatching = transport.watch(onEvent);
      for (const { peerId } of transport.peers()) connectedAt.set(peerId, monotonic());
      stopTicks = clock.every(TICK_MS, tick);
      tick();
    },
    stop() {
      running = false;
      stopTicks();
      stopWatching();
      targets.stop();
    },
    setNeighbours(peerIds) {
      neighbours = new Set(peerIds.filter((peerId) => peerId !== transport.peerId));
      prune();
      tick();
    },
    setSeeds(addresses) {
      seeds = [...new Set(addresses.flatMap((address) => canonicalAddress(address) ?? []))].slice(0, MAX_SEEDS);
      prune();
      tick();
    },
    learn(peerId, addresses) {
      if (peerId === transport.peerId || !book.learn(peerId, addresses) || !neighbours.has(peerId)) return;
      targets.hasten(targets.of(peerId, deferMs(peerId)));
    },
    async forget(peerId) {
      book.forget(peerId);
      conflicts.clear(peerId);
      await transport.disconnect(peerId);
    },
    reachable(peerId) {
      if (connectedAt.has(peerId)) return;
      const target = targets.of(peerId, 0);
      target.failures = 0;
      const pauseMs = transport.peerId < peerId ? 0 : DEFER_REACHABLE_MS;
      target.notBefore = monotonic() + pauseMs;
      const { dial: current } = target;
      if (current !== undefined && monotonic() - current.since > STALE_DIAL_MS) current.controller.abort();
      clock.after(pauseMs, tick);
    },
    lost: (peerId) => transport.disconnect(peerId),
    conflicts: () => conflicts.list(),
    exportBook: () => book.entries(),
    importBook(entries) {
      for (const { peerId, addresses } of entries) if (peerId !== transport.peerId) book.learn(peerId, addresses);
    },
  };

  function prune(): void {
    const known = new Set(book.peers());
    targets.keepOnly((key) => neighbours.has(key) || known.has(key) || seeds.includes(key));
  }
}
