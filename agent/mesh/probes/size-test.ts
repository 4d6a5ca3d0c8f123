/**
 * Whether datagrams as long as the MTU pass to one peer and back. Each round is a short one, whose ack tells the peer's
 * MTU, and at once one as long as the smaller MTU of the two ends: only their length differs, so that a short one without
 * an answer makes the round say nothing. What is tested is never more than a few bytes a second, however many peers there
 * are; once a long one was not answered the rounds follow quickly.
 */
import type { FullSize } from '../../model/member.ts';
import { HEADER_BYTES, MAX_MTU, SHORT_BYTES } from './size-datagram.ts';

export interface SizeTest {
  /** When the next round is due, monotonic; Infinity: not before somebody says `hasten`. */
  dueAt(): number;
  /** The path is new, or may be another one: the next round comes soon. */
  hasten(now: number): void;
  /** Begins a round: the nonce of the short datagram to send now. */
  begin(now: number): number;
  /** An ack came. The long datagram to send now, with its length without headers; undefined: there is none. */
  take(ack: { readonly nonce: number; readonly mtu: number }, now: number): SizePing | undefined;
  /** What is under way says nothing: this process stood still, or the next round goes another way. */
  drop(): void;
  /** A router said how much fits: senders go by that, so that nothing is broken. */
  told(): void;
  /** Undefined: no long datagram was tried yet. */
  view(): FullSize | undefined;
}

export interface SizePing {
  readonly nonce: number;
  readonly bytes: number;
}

export interface SizeTestDeps {
  /** MTU of the own end; 0: not known. */
  readonly ownMtu: () => number;
  /** How many peers are probed: about half of the pairs are tested from this end. */
  readonly peers: () => number;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/** Long pings of an agent to all of its peers together; the acks are as many. 1 % of what an idle agent sends. */
const BYTES_PER_SECOND = 20;
/** With jumbo frames each peer's turn would come in hours. */
const SELDOM_MS = 30 * 60_000;
const SOON_MS = 1000;
/** After a connection broke, say: not again and again. */
const AGAIN_MS = 20_000;
/** While long ones are not answered. */
const DOUBTED_MS = 2000;
/** So many misses leave no doubt. */
const CERTAIN_MISSES = 16;
/** From then on it is only waited for the end: of eight paths, half of those to 16 peers, that costs 0.4 kB/s. */
const BROKEN_MS = 30_000;
const JITTER = 0.1;

/** Then what was found is forgotten. */
const MAX_UNANSWERED = 6;

export function createSizeTest({ ownMtu, peers, random }: SizeTestDeps): SizeTest {
  let dueAt = Infinity;
  let begunAt = -Infinity;
  /** Nonces of what is under way. */
  let short: number | undefined;
  let long: number | undefined;
  /** Short ones in a row that nobody answered: who does not test any more says nothing about the path. */
  let unanswered = 0;
  let full: (FullSize & { readonly tried: boolean }) | undefined;

  const intervalMs = (): number => {
    if (full !== undefined && full.misses > 0) return full.misses < CERTAIN_MISSES ? DOUBTED_MS : BROKEN_MS;
    const pairs = Math.max(1, peers() / 2);
    const bytes = full?.bytes ?? SHORT_BYTES + HEADER_BYTES;
    return Math.min(SELDOM_MS, Math.max(AGAIN_MS, (1000 * bytes * pairs) / BYTES_PER_SECOND));
  };
  const freshNonce = (): number => Math.floor(random() * 2 ** 32);
  /** 0: it cannot be told. */
  const size = (theirMtu: number): number => {
    const [least, most] = [ownMtu(), theirMtu].sort((a, b) => a - b) as [number, number];
    return most > MAX_MTU || least <= SHORT_BYTES + HEADER_BYTES ? 0 : least;
  };
  const jittered = (ms: number): number => ms * (1 - JITTER + 2 * JITTER * random());
  return {
    dueAt: () => dueAt,
    hasten(now) {
      if (ownMtu() > 0) dueAt = Math.min(dueAt, Math.max(now + SOON_MS, begunAt + AGAIN_MS));
    },
    begin(now) {
      if (full !== undefined && long !== undefined) full = { ...full, misses: full.misses + 1, tried: true };
      unanswered = short === undefined ? unanswered : unanswered + 1;
      if (unanswered >= MAX_UNANSWERED) full = undefined;
      begunAt = now;
      dueAt = now + jittered(intervalMs());
      long = undefined;
      short = freshNonce();
      return short;
    },
    take({ nonce, mtu }, now) {
      if (full !== undefined && nonce === long) {
        long = undefined;
        full = { ...full, misses: 0, tried: true };
        dueAt = begunAt + jittered(intervalMs());
      }
      if (nonce !== short) return undefined;
      short = undefined;
      unanswered = 0;
      const bytes = size(mtu);
      if (bytes === 0) full = undefined;
      else if (full?.bytes !== bytes) full = { bytes, misses: 0, tried: false };
      if (full === undefined) return undefined;
      // What is not answered by then is missed, and the next round begins.
      if (full.misses < CERTAIN_MISSES) dueAt = Math.min(dueAt, now + DOUBTED_MS);
      long = freshNonce();
      return { nonce: long, bytes: bytes - HEADER_BYTES };
    },
    drop() {
      short = undefined;
      long = undefined;
    },
    told() {
      long = undefined;
      if (full !== undefined) full = { ...full, misses: 0, tried: true };
    },
    view: () => (full?.tried === true ? { bytes: full.bytes, misses: full.misses } : undefined),
  };
}
