/**
 * Answers pings. An ack is as long as the shortest ping, goes to where the ping came from, and costs about 20 µs; one to a
 * ping that tests a length is as long as that.
 */
import type { Clock } from '../../base/clock.ts';
import type { Counters } from './counters.ts';
import { countRefusal } from './counters.ts';
import type { Datagram, StateStamp } from './datagram.ts';
import { decodeDatagram, encodeDatagram, looksLikeDatagram } from './datagram.ts';
import type { HeardTable } from './heard.ts';
import type { Keyring, ProbeKey } from './keys.ts';
import { decodeSize, encodeSize, hasSizeKey, isSizeDatagram } from './size-datagram.ts';
import { createTokenBucket, createTokenBuckets } from './token-bucket.ts';

export interface Responder {
  /**
   * `reply` sends back to where the message came from.
   *
   * @param at the own address at which it arrived
   */
  handle(message: Uint8Array, reply: (bytes: Uint8Array) => void, at?: string): void;
}

export interface ResponderDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly keys: Keyring;
  /** The own author prefix. */
  readonly self: string;
  readonly state: () => StateStamp;
  readonly heard: HeardTable;
  readonly counters: Counters;
  /** Of the interface that has the address, bytes; 0: not known. */
  readonly mtuOf: (address: string) => number;
  /** A fresh authentic ping, signed with `key`; `at` is monotonic. */
  readonly onPing: (ping: Datagram, at: number, key: ProbeKey) => void;
}

/** A MAC costs 2 to 4 µs: junk with the right header may cost 2 % of a core, no more. */
const CHECKED_MACS = { perSecond: 5000, burst: 5000 };
/** An observer pings once or four times a second, on each of its addresses when it looks for one that works. */
const FRESH_OF_AN_AUTHOR = { perSecond: 10, burst: 20 };
const MAX_AUTHORS = 1024;
/** Copies and replays: the network makes a few, so they are answered, but never at the cost of fresh pings. */
const REPLAYED = { perSecond: 20, burst: 40 };
/** Sixteen neighbours that all doubt their paths send as many a second, of up to 9 KiB. */
const SIZED = { perSecond: 20, burst: 100 };

export function createResponder(deps: ResponderDeps): Responder {
  const { clock, keys, self, heard, counters } = deps;
  const checks = createTokenBucket(CHECKED_MACS, clock);
  const replays = createTokenBucket(REPLAYED, clock);
  const sized = createTokenBucket(SIZED, clock);
  const authors = createTokenBuckets({ rate: FRESH_OF_AN_AUTHOR, maxKeys: MAX_AUTHORS }, clock);

  const decode = (message: Uint8Array): { datagram: Datagram; key: ProbeKey } | undefined => {
    const look = looksLikeDatagram(message, keys);
    if (typeof look !== 'string' && !checks.take()) {
      counters.overRate += 1;
      return undefined;
    }
    const decoded = decodeDatagram(message, keys);
    if (decoded.ok) return decoded;
    countRefusal(counters, decoded.refusal);
    return undefined;
  };

  const ackOf = (ping: Datagram, received: { now: number; at: number }): Datagram => ({
    kind: 'ack',
    sender: self,
    target: ping.sender,
    nonce: ping.nonce,
    pingSequence: ping.pingSequence,
    heard: heard.heardOf(ping.sender),
    state: deps.state(),
    stampMs: received.now,
    holdMicros: Math.round((clock.monotonic() - received.at) * 1000),
  });

  const answerSize = (message: Uint8Array, reply: (bytes: Uint8Array) => void, at: string | undefined): void => {
    if (hasSizeKey(message, keys) && !checks.take()) {
      counters.overRate += 1;
      return;
    }
    const decoded = decodeSize(message, keys);
    if (!decoded.ok) return countRefusal(counters, decoded.refusal);
    const { kind, sender, target, nonce } = decoded.datagram;
    if (kind !== 'size-ping' || target !== self) {
      counters.unasked += 1;
      return;
    }
    // After the MAC: whoever has no key takes nothing from those who have.
    if (!sized.take()) {
      counters.overRate += 1;
      return;
    }
    const mtu = at === undefined ? 0 : deps.mtuOf(at);
    const ack = { kind: 'size-ack', sender: self, target: sender, nonce, mtu } as const;
    reply(encodeSize(ack, message.byteLength, decoded.key));
    counters.sizeAcksSent += 1;
  };

  return {
    handle(message, reply, at) {
      if (isSizeDatagram(message)) return answerSize(message, reply, at);
      const received = { now: clock.now(), at: clock.monotonic() };
      const decoded = decode(message);
      if (decoded === undefined) return;
      const { datagram, key } = decoded;
      if (datagram.sender === self) {
        counters.reflected += 1;
        return;
      }
      if (datagram.kind === 'ack') {
        counters.unasked += 1;
        return;
      }
      const isMine = datagram.target === self;
      const isFresh = heard.note(datagram.sender, datagram.state.boot, datagram.pingSequence);
      counters[isFresh ? 'pingsReceived' : 'replayed'] += 1;
      if (!(isFresh ? authors.take(datagram.sender) : replays.take())) {
        counters.overRate += 1;
        return;
      }
      // A ping for somebody else is answered too: its sender learns who lives at that address now.
      reply(encodeDatagram(ackOf(datagram, received), key));
      counters.acksSent += 1;
      if (isFresh && isMine) deps.onPing(datagram, received.at, key);
    },
  };
}
