/**
 * The way from this responder to one other, pinged with short datagrams and now and then with the longest that both ends
 * take: with jumbo frames they would be most of what a node sends. Over IPv6 short ones only: where a tunnel lowers the
 * MTU of the route alone the kernel sends fragments, and some networks of pods let none of these pass.
 */
import { isIPv6 } from 'node:net';
import { MAX_FRAME_BYTES, SHORT_PING_BYTES } from './frame.ts';
import type { PathFigures } from './messages.ts';
import { type Pings, createPings } from './pings.ts';

export interface Path {
  /** Lengths of the datagrams to send now, each with its nonce. */
  begin(nowMs: number, wasHeldUp: boolean): readonly { readonly nonce: string; readonly bytes: number }[];
  /**
   * @param mtu of the other end; 0: it does not know
   * @returns whether it answers a ping
   */
  take(nonce: string, mtu: number, nowMs: number): boolean;
  /** How many short pings in a row were not answered. */
  misses(): number;
  figures(): PathFigures;
}

const UDP_BYTES = 8;
/** Every 20 s while it is answered; with every round once it was not. */
const LONG_EVERY_ROUNDS = 10;
const headersOf = (address: string): number => (isIPv6(address) ? 40 : 20) + UDP_BYTES;

/**
 * @param ownMtu of this end's interface; 0: not known
 * @param freshNonce 16 hexadecimal digits, never the same
 */
export function createPath(address: string, ownMtu: () => number, freshNonce: () => string): Path {
  const headers = headersOf(address);
  const short = createPings();
  let full: { readonly bytes: number; readonly pings: Pings } | undefined;
  let rttMs: number | undefined;
  let theirMtu = 0;
  let rounds = 0;
  let wasLong = false;

  const sizeFull = (): void => {
    const bytes = isIPv6(address) ? 0 : Math.min(ownMtu(), theirMtu, MAX_FRAME_BYTES + headers);
    if (bytes <= SHORT_PING_BYTES + headers) full = undefined;
    else if (full?.bytes !== bytes) [full, rounds] = [{ bytes, pings: createPings() }, 0];
  };

  return {
    begin(nowMs, wasHeldUp) {
      sizeFull();
      const all = [{ pings: short, bytes: SHORT_PING_BYTES }];
      const isDue = rounds % LONG_EVERY_ROUNDS === 0 || (wasLong && full?.pings.isOpen() === true);
      wasLong = full !== undefined && isDue;
      if (full !== undefined && isDue) all.push({ pings: full.pings, bytes: full.bytes - headers });
      rounds += 1;
      return all.map(({ pings, bytes }) => {
        const nonce = freshNonce();
        pings.begin(nonce, nowMs, wasHeldUp);
        return { nonce, bytes };
      });
    },
    take(nonce, mtu, nowMs) {
      const tookMs = short.take(nonce, nowMs);
      if (tookMs !== undefined) rttMs = tookMs;
      else if (full?.pings.take(nonce, nowMs) === undefined) return false;
      theirMtu = mtu;
      return true;
    },
    misses: () => short.figures().misses,
    figures: () => ({
      address,
      short: short.figures(),
      ...(full !== undefined && { full: { bytes: full.bytes, ...full.pings.figures() } }),
      ...(rttMs !== undefined && { rttMs: Math.round(rttMs * 1000) / 1000 }),
    }),
  };
}
