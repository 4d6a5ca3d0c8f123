/** Which peer answers where: learned from others, confirmed by dialling, suspended when somebody else answers. */
import type { Clock } from '../../base/clock.ts';
import type { BookEntry } from '../../model/mesh-memory.ts';
import { canonicalAddress, isLoopback, isUndialable, parseAddress } from '../transport/address.ts';

export interface OwnPlace {
  /** Whether 127.0.0.0/8 and ::1 are addresses of peers: agents on one machine. */
  readonly allowLoopback: boolean;
  /** What is listened on and announced. */
  readonly ownAddresses: readonly string[];
}

export interface AddressBook {
  /** Somebody says that the peer is there. Addresses that may not be dialled are left out. Returns whether any is new. */
  learn(peerId: string, addresses: readonly string[]): boolean;
  /** The peer answered there. */
  confirm(peerId: string, address: string): void;
  /** Somebody else answered there: for a while it is not tried for this peer. */
  suspend(peerId: string, address: string): void;
  /** The peer says itself that it is not there any more. */
  retract(peerId: string, addresses: readonly string[]): void;
  /** These are ours now, and nobody else's; those that were are free. */
  settle(place: OwnPlace): void;
  /** A dial ended at ourselves: for a while the address is ours, too. It may be a virtual one and move on. */
  markOwn(address: string): void;
  /** Whether the address may be dialled at all. */
  mayDial(address: string): boolean;
  /** At most two to try next: the one that answered last, and the others by turns. */
  pick(peerId: string): readonly string[];
  /** Who answered last at the address. */
  holderOf(address: string): string | undefined;
  peers(): Iterable<string>;
  forget(peerId: string): void;
  /** All that is known of where it is, the one where it answered first. */
  addressesOf(peerId: string): readonly string[];
  /** What is kept between runs: the same list while the same is known, whoever is tried next. */
  entries(): readonly BookEntry[];
}

interface Known {
  /** In the order in which they are tried next. */
  addresses: string[];
  confirmed: string | undefined;
  /** Until when, on the monotonic clock; undefined while none is, as nearly always. */
  suspended: Map<string, number> | undefined;
}

const ADDRESSES_PER_DIAL = 2;
const ADDRESSES_PER_PEER = 8;
/** More than the largest cluster has nodes, so that a peer that tells of many cannot fill memory. */
const MAX_PEERS = 8192;
/** An address that moved (a virtual one, or a node that was replaced) may move back. */
const SUSPENDED_MS = 5 * 60_000;

export function createAddressBook(place: OwnPlace, clock: Pick<Clock, 'monotonic'>): AddressBook {
  const peers = new Map<string, Known>();
  const holders = new Map<string, string>();
  let allowLoopback = false;
  /** Until when, on the monotonic clock. */
  let own = new Map<string, number>();
  /** All entries, until one is another. */
  let listed: readonly BookEntry[] | undefined;
  const mayDial = (text: string): boolean => {
    const address = parseAddress(text);
    if (address === undefined || isUndialable(address)) return false;
    if ((own.get(canonicalAddress(text) ?? '') ?? -Infinity) > clock.monotonic()) return false;
    return allowLoopback || !isLoopback(address);
  };
  const release = (address: string, peerId: string): void => {
    if (holders.get(address) === peerId) holders.delete(address);
  };
  const forget = (peerId: string): void => {
    for (const address of peers.get(peerId)?.addresses ?? []) release(address, peerId);
    listed = undefined;
    peers.delete(peerId);
  };
  const known = (peerId: string): Known => {
    const existing = peers.get(peerId);
    if (existing !== undefined) return existing;
    if (peers.size >= MAX_PEERS) forget(leastUseful(peers));
    const entry: Known = { addresses: [], confirmed: undefined, suspended: undefined };
    peers.set(peerId, entry);
    return entry;
  };
  const drop = (entry: Known, peerId: string, address: string): void => {
    listed = undefined;
    entry.addresses = entry.addresses.filter((other) => other !== address);
    entry.suspended?.delete(address);
    if (entry.confirmed === address) entry.confirmed = undefined;
    release(address, peerId);
  };
  const dropEverywhere = (address: string): void => {
    for (const [peerId, entry] of peers) drop(entry, peerId, address);
  };
  const settle = (next: OwnPlace): void => {
    allowLoopback = next.allowLoopback;
    own = new Map(canonical(next.ownAddresses).map((address) => [address, Infinity]));
    for (const address of own.keys()) dropEverywhere(address);
  };
  settle(place);
  return {
    learn(peerId, addresses) {
      const usable = canonical(addresses).filter(mayDial);
      const entry = usable.length > 0 ? known(peerId) : undefined;
      if (entry === undefined) return false;
      const fresh = usable.filter((address) => !entry.addresses.includes(address));
      if (fresh.length > 0) listed = undefined;
      entry.addresses = [...fresh, ...entry.addresses];
      const surplus = entry.addresses.filter((address) => address !== entry.confirmed).slice(ADDRESSES_PER_PEER - 1);
      for (const address of surplus) drop(entry, peerId, address);
      return fresh.length > 0;
    },
    confirm(peerId, text) {
      const [address] = canonical([text]);
      const entry = address !== undefined && mayDial(address) ? known(peerId) : undefined;
      if (entry === undefined || address === undefined) return;
      if (entry.confirmed !== undefined) release(entry.confirmed, peerId);
      if (entry.confirmed !== address) listed = undefined;
      entry.suspended?.delete(address);
      entry.confirmed = address;
      entry.addresses = [address, ...entry.addresses.filter((other) => other !== address)].slice(0, ADDRESSES_PER_PEER);
      holders.set(address, peerId);
    },
    suspend(peerId, text) {
      const entry = peers.get(peerId);
      const [address] = canonical([text]);
      if (entry === undefined || address === undefined || !entry.addresses.includes(address)) return;
      entry.suspended ??= new Map();
      entry.suspended.set(address, clock.monotonic() + SUSPENDED_MS);
      if (entry.confirmed === address) entry.confirmed = undefined;
      listed = undefined;
      release(address, peerId);
    },
    retract(peerId, addresses) {
      const entry = peers.get(peerId);
      if (entry !== undefined) for (const address of canonical(addresses)) drop(entry, peerId, address);
    },
    settle,
    markOwn(text) {
      const [address] = canonical([text]);
      if (address === undefined || own.get(address) === Infinity) return;
      own.set(address, clock.monotonic() + SUSPENDED_MS);
      dropEverywhere(address);
    },
    mayDial,
    pick(peerId) {
      const entry = peers.get(peerId);
      if (entry === undefined) return [];
      const now = clock.monotonic();
      const usable = entry.addresses.filter((address) => (entry.suspended?.get(address) ?? 0) <= now);
      const first = usable.filter((address) => address === entry.confirmed);
      const picked = [...first, ...usable.filter((address) => address !== entry.confirmed)].slice(
        0,
        ADDRESSES_PER_DIAL,
      );
      entry.addresses = [...entry.addresses.filter((address) => !picked.includes(address)), ...picked];
      return picked;
    },
    holderOf: (text) => holders.get(canonicalAddress(text) ?? text),
    peers: () => peers.keys(),
    forget,
    addressesOf(peerId) {
      const entry = peers.get(peerId);
      return entry === undefined ? [] : entryOf(peerId, entry).addresses;
    },
    entries: () =>
      (listed ??= [...peers]
        .filter(([, { addresses }]) => addresses.length > 0)
        .map(([peerId, entry]) => entryOf(peerId, entry))),
  };
}

/** Whoever never answered, else whoever is known for longest. */
function leastUseful(peers: ReadonlyMap<string, Known>): string {
  for (const [peerId, { confirmed }] of peers) if (confirmed === undefined) return peerId;
  const [oldest = ''] = peers.keys();
  return oldest;
}

const canonical = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.flatMap((address) => canonicalAddress(address) ?? [])),
];

function entryOf(peerId: string, { addresses, confirmed }: Known): BookEntry {
  const first = addresses.filter((address) => address === confirmed);
  return { peerId, addresses: [...first, ...addresses.filter((address) => address !== confirmed).sort()] };
}
