/**
 * Keeps us connected: dials the neighbours that membership wants, a few others while there are too few, and seeds until
 * it is known who they are; explicit addresses only, for ever. libp2p's own means give up after a minute.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { BookEntry } from '../../model/mesh-memory.ts';
import type { UnmetSeed } from '../../model/mesh-state.ts';
import { canonicalAddress } from '../transport/address.ts';
import type { DialAttempt, Transport, TransportEvent } from '../transport/types.ts';
import { type AddressBook, type OwnPlace, createAddressBook } from './address-book.ts';
import { type AddressConflict, type Conflicts, createConflicts } from './conflicts.ts';
import { type KeyRefusal, type KeyRefusals, createKeyRefusals } from './key-refusals.ts';
import { surplusOf } from './surplus.ts';
import { type Target, type Targets, createTargets } from './targets.ts';

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
  /** The peer says itself that it is not at these addresses any more. */
  retract(peerId: string, addresses: readonly string[]): void;
  /** This agent is somewhere else now. */
  moved(place: OwnPlace): void;
  /** The peer was removed from the cluster: closes the connection and forgets its addresses. */
  forget(peerId: string): Promise<void>;
  /** A probe of the peer was answered: resets its back-off and dials at once where it is not connected, every 10 s at most. */
  reachable(peerId: string): void;
  /** Probes say that the peer is lost: closes the connection, which TCP would keep for a quarter of an hour. */
  lost(peerId: string): Promise<void>;
  conflicts(): readonly AddressConflict[];
  /** Seeds that were tried, and at which nobody of this cluster answers. */
  unmetSeeds(): readonly UnmetSeed[];
  /** Peers that were dialled, and share no cluster key with this agent. */
  keyRefusals(): readonly KeyRefusal[];
  refusesKey(peerId: string): boolean;
  /** Where a peer may be, the one where it answered first. */
  addressesOf(peerId: string): readonly string[];
  /** The address book, for the store. */
  exportBook(): readonly BookEntry[];
  importBook(entries: readonly BookEntry[]): void;
}

/** While somebody is to be dialled, and while all are connected: waking up costs more than looking. */
const TICK_MS = 250;
const CALM_TICK_MS = 5000;
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
/** A path that comes and goes ends connections, too, and is used again as soon as it can be. */
const MOST_SHORT_LIVED = 2;
/** A dial under way for so long is begun anew when the peer turns out to be reachable: its SYN may have been lost. */
const STALE_DIAL_MS = 200;
/**
 * How often an answered probe may begin the dialling of one peer anew while it is neither connected nor lost. On a machine
 * without time for handshakes probes are answered all the same; dials that were cut short once a second would take what is
 * left of it from the handshakes.
 */
const HELP_EVERY_MS = 10_000;

/** @param place where this agent is, beside the addresses that its transport listens on */
export const createPeerManager = (place: OwnPlace, deps: PeerManagerDeps): PeerManager =>
  new DialingPeerManager(place, deps);

class DialingPeerManager implements PeerManager {
  #place: OwnPlace;
  readonly #deps: PeerManagerDeps;
  readonly #book: AddressBook;
  readonly #conflicts: Conflicts;
  readonly #keyRefusals: KeyRefusals;
  readonly #targets: Targets;
  /** Connected peers, and since when on the monotonic clock. */
  readonly #connected = new Map<string, number>();
  #neighbours: ReadonlySet<string> = new Set();
  #seeds: ReadonlySet<string> = new Set();
  /** What came of the last dial of each seed that failed. */
  readonly #unmet = new Map<string, UnmetSeed>();
  #closing: string | undefined;
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #stops: (() => void)[] = [];

  constructor(place: OwnPlace, deps: PeerManagerDeps) {
    const monotonic = (): number => deps.clock.monotonic();
    this.#place = place;
    this.#deps = deps;
    this.#book = createAddressBook(place, deps.clock);
    this.#conflicts = createConflicts(monotonic);
    this.#keyRefusals = createKeyRefusals(monotonic);
    this.#targets = createTargets({ monotonic, random: deps.random });
  }

  start(): void {
    const { transport, clock } = this.#deps;
    this.#settle();
    for (const { peerId } of transport.peers()) this.#connected.set(peerId, clock.monotonic());
    this.#stops = [transport.watch((event) => this.#onEvent(event)), () => this.#next?.cancel()];
    this.#tick();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#targets.stop();
  }

  setNeighbours(peerIds: readonly string[]): void {
    this.#neighbours = new Set(peerIds.filter((peerId) => peerId !== this.#deps.transport.peerId));
    this.#prune();
    this.#tick();
  }

  setSeeds(addresses: readonly string[]): void {
    this.#seeds = new Set(addresses.flatMap((address) => canonicalAddress(address) ?? []).slice(0, MAX_SEEDS));
    this.#prune();
    this.#tick();
  }

  learn(peerId: string, addresses: readonly string[]): void {
    if (peerId === this.#deps.transport.peerId || !this.#book.learn(peerId, addresses)) return;
    if (this.#neighbours.has(peerId)) this.#targets.hasten(this.#targets.of(peerId, this.#deferMs(peerId)));
    this.#tickIn(TICK_MS);
  }

  retract(peerId: string, addresses: readonly string[]): void {
    this.#book.retract(peerId, addresses);
    for (const address of addresses) this.#conflicts.clear(peerId, address);
  }

  moved(place: OwnPlace): void {
    this.#place = place;
    this.#settle();
    this.#unmet.clear();
    // Whoever could not be reached from there may be from here.
    this.#targets.hastenAll();
    this.#tick();
  }

  async forget(peerId: string): Promise<void> {
    this.#book.forget(peerId);
    this.#conflicts.clear(peerId);
    await this.#deps.transport.disconnect(peerId);
  }

  reachable(peerId: string): void {
    if (this.#connected.has(peerId)) return;
    const { transport, clock } = this.#deps;
    const target = this.#targets.of(peerId, 0);
    // Two that live with one key end each other's connections: that both answer probes must not let them dial on and on.
    if (target.shortLived > MOST_SHORT_LIVED) {
      target.notBefore = Math.min(target.notBefore, clock.monotonic() + STABLE_MS);
      return;
    }
    if (clock.monotonic() - target.helpedAtMs < HELP_EVERY_MS) return;
    target.helpedAtMs = clock.monotonic();
    const pauseMs = transport.peerId < peerId ? 0 : DEFER_REACHABLE_MS;
    target.failures = 0;
    target.notBefore = clock.monotonic() + pauseMs;
    const { dial } = target;
    if (dial !== undefined && clock.monotonic() - dial.since > STALE_DIAL_MS) dial.controller.abort();
    clock.after(pauseMs, () => this.#tick());
  }

  lost(peerId: string): Promise<void> {
    this.#targets.mayHelp(peerId);
    return this.#deps.transport.disconnect(peerId);
  }

  conflicts(): readonly AddressConflict[] {
    return this.#conflicts.list();
  }

  unmetSeeds(): readonly UnmetSeed[] {
    return [...this.#unmet.values()].filter(({ address }) => this.#isUnmet(address));
  }

  keyRefusals(): readonly KeyRefusal[] {
    return this.#keyRefusals.list();
  }

  refusesKey(peerId: string): boolean {
    return this.#keyRefusals.has(peerId);
  }

  addressesOf(peerId: string): readonly string[] {
    return this.#book.addressesOf(peerId);
  }

  exportBook(): readonly BookEntry[] {
    return this.#book.entries();
  }

  importBook(entries: readonly BookEntry[]): void {
    for (const { peerId, addresses } of entries) this.learn(peerId, addresses);
  }

  #tick(): void {
    if (this.#stops.length === 0) return;
    let free = MAX_DIALS - this.#targets.dialling().length;
    const now = this.#deps.clock.monotonic();
    let dueMs = Infinity;
    for (const target of this.#wanted()) {
      // Whoever is dialled brings the next tick when that ends.
      if (free <= 0) break;
      if (target.dial !== undefined) continue;
      if (this.#targets.isDue(target) && this.#dialled(target)) free -= 1;
      else dueMs = Math.min(dueMs, target.notBefore - now);
    }
    this.#closeSurplus();
    this.#tickIn(Math.min(CALM_TICK_MS, Math.max(TICK_MS, dueMs)));
  }

  /** False where there is no address to dial. */
  #dialled(target: Target): boolean {
    const isSeed = this.#seeds.has(target.key);
    const addresses = isSeed ? [target.key] : this.#book.pick(target.key);
    if (addresses.length === 0) return false;
    void this.#dial(target, addresses, isSeed ? undefined : target.key);
    return true;
  }

  /** Unless a tick comes sooner anyway. */
  #tickIn(delayMs: number): void {
    if (this.#stops.length === 0) return;
    const { clock } = this.#deps;
    const atMs = clock.monotonic() + delayMs;
    if (this.#next !== undefined && this.#next.atMs <= atMs) return;
    this.#next?.cancel();
    const cancel = clock.after(delayMs, () => {
      this.#next = undefined;
      this.#tick();
    });
    this.#next = { atMs, cancel };
  }

  /** Everybody to dial, the most wanted first. */
  *#wanted(): Generator<Target> {
    const missing = (peerId: string): Target => this.#targets.of(peerId, this.#deferMs(peerId));
    for (const peerId of this.#neighbours) if (!this.#connected.has(peerId)) yield missing(peerId);
    for (const seed of this.#seeds) if (this.#isUnmet(seed)) yield this.#targets.of(seed, 0);
    if (this.#connected.size >= FEW) return;
    for (const peerId of this.#book.peers())
      if (!this.#connected.has(peerId) && !this.#neighbours.has(peerId)) yield missing(peerId);
  }

  #isUnmet(seed: string): boolean {
    return this.#seeds.has(seed) && this.#book.mayDial(seed) && this.#book.holderOf(seed) === undefined;
  }

  async #dial(target: Target, addresses: readonly string[], peerId: string | undefined): Promise<void> {
    const controller = new AbortController();
    const since = this.#deps.clock.monotonic();
    target.dial = { since, controller };
    const result = await this.#deps.transport.connect(addresses, peerId, controller.signal);
    delete target.dial;
    for (const attempt of result.attempts) this.#note(attempt, peerId);
    if (peerId === undefined && result.peer === undefined) this.#noteUnmet(target.key, result.attempts, since);
    if (peerId !== undefined && result.peer === undefined) this.#keyRefusals.failed(peerId, result.attempts);
    // A seed that answered is not wanted any more; should the book be unable to say so, it is not asked in a circle.
    if (result.peer !== undefined && peerId === undefined) this.#targets.rest(target);
    if (result.peer === undefined && !controller.signal.aborted) this.#targets.failed(target);
    this.#tick();
  }

  #settle(): void {
    const { allowLoopback, ownAddresses } = this.#place;
    this.#book.settle({ allowLoopback, ownAddresses: [...ownAddresses, ...this.#deps.transport.listening()] });
  }

  #noteUnmet(address: string, attempts: readonly DialAttempt[], since: number): void {
    // Ourselves is nobody to be missed.
    if (attempts.some(({ outcome }) => outcome === 'self')) return void this.#unmet.delete(address);
    const refusesKey = attempts.some(({ outcome }) => outcome === 'not-admitted');
    this.#unmet.set(address, { address, refusesKey, sinceMs: this.#unmet.get(address)?.sinceMs ?? since });
  }

  #note({ address, outcome, peerId }: DialAttempt, expected: string | undefined): void {
    if (outcome === 'self') this.#book.markOwn(address);
    if (peerId === undefined || (outcome !== 'connected' && outcome !== 'wrong-peer')) return;
    this.#book.confirm(peerId, address);
    if (outcome === 'connected') this.#conflicts.clear(peerId, address);
    if (outcome === 'connected' || expected === undefined) return;
    this.#book.suspend(expected, address);
    if (this.#conflicts.note(address, expected, peerId))
      this.#deps.log.warn(
        { address, expected, actual: peerId },
        'another peer answers at an address than the expected one',
      );
  }

  #onEvent(event: TransportEvent): void {
    const now = this.#deps.clock.monotonic();
    const { peerId } = event;
    if (event.kind === 'connected') {
      this.#connected.set(peerId, now);
      this.#targets.mayHelp(peerId);
      this.#keyRefusals.connected(peerId);
      return;
    }
    const lastedMs = now - (this.#connected.get(peerId) ?? 0);
    this.#connected.delete(peerId);
    const target = this.#targets.of(peerId, 0);
    this.#tickIn(TICK_MS);
    if (lastedMs < STABLE_MS) {
      target.shortLived += 1;
      return this.#targets.failed(target);
    }
    target.shortLived = 0;
    target.failures = 0;
    target.notBefore = now + this.#deferMs(peerId);
  }

  #closeSurplus(): void {
    if (this.#closing !== undefined) return;
    const { transport, clock, random } = this.#deps;
    this.#closing = surplusOf(this.#connected, this.#neighbours, clock.monotonic(), random);
    if (this.#closing !== undefined)
      void transport.disconnect(this.#closing).finally(() => (this.#closing = undefined));
  }

  /** Before the first dial of a peer. */
  #deferMs(peerId: string): number {
    const { transport, random } = this.#deps;
    return (transport.peerId < peerId ? 0 : DEFER_MS) + random() * SPREAD_MS;
  }

  #prune(): void {
    const known = new Set(this.#book.peers());
    this.#targets.keepOnly((key) => this.#neighbours.has(key) || this.#seeds.has(key) || known.has(key));
    this.#keyRefusals.keepOnly((peerId) => this.#neighbours.has(peerId));
  }
}
