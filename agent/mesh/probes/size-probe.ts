/** Sends the datagrams of a {@link SizeTest} to one target, over the path that its probes take. */
import { isIPv4 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { FullSize } from '../../model/member.ts';
import { type Counters, countRefusal } from './counters.ts';
import type { Keyring } from './keys.ts';
import type { Paths } from './paths.ts';
import { SHORT_BYTES, decodeSize, encodeSize } from './size-datagram.ts';
import { createSizeTest } from './size-test.ts';

export interface SizeProbe {
  /** When there is something to send, monotonic. */
  dueAt(): number;
  sendIfDue(now: number): void;
  /** A size datagram came from the target's address. */
  receive(bytes: Uint8Array): void;
  /** The path may be another one, or is suspected: it is tried soon. */
  hasten(now: number): void;
  /** What is under way says nothing. */
  drop(): void;
  /** The kernel learned from a router how much fits. */
  told(): void;
  view(): FullSize | undefined;
}

export interface SizeProbeDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: () => number;
  readonly keys: Keyring;
  readonly counters: Counters;
  /** The own author prefix. */
  readonly self: string;
  /** Of the interface that has the address, bytes; 0: not known. */
  readonly mtuOf: (address: string) => number;
  /** How many peers are probed. */
  readonly peers: () => number;
}

/**
 * Over IPv4 only: where the route alone has a lower MTU than the interface the kernel sends fragments, and over IPv6 some
 * networks let none of these pass.
 *
 * @param author the target's author prefix
 */
export function createSizeProbe(author: string, paths: Paths, deps: SizeProbeDeps): SizeProbe {
  const { clock, counters, self } = deps;
  // One end tests both directions.
  const isMine = self < author;
  const path = (): ReturnType<Paths['current']> => {
    const current = paths.current();
    return current !== undefined && isIPv4(current.address.host) ? current : undefined;
  };
  const ownMtu = (): number => {
    const current = path();
    const local = current && paths.channelTo(current.address).localAddress?.();
    return local === undefined ? 0 : deps.mtuOf(local);
  };
  const test = createSizeTest({ ...deps, ownMtu });
  const send = (nonce: number, bytes: number): void => {
    const current = path();
    if (current === undefined) return;
    counters.sizePingsSent += 1;
    const ping = { kind: 'size-ping', sender: self, target: author, nonce, mtu: ownMtu() } as const;
    paths.channelTo(current.address).send(encodeSize(ping, bytes, current.key));
  };
  return {
    dueAt: () => test.dueAt(),
    sendIfDue(now) {
      if (test.dueAt() <= now) send(test.begin(now), SHORT_BYTES);
    },
    receive(bytes) {
      const decoded = decodeSize(bytes, deps.keys);
      if (!decoded.ok) return countRefusal(counters, decoded.refusal);
      const { kind, sender, target } = decoded.datagram;
      if (kind !== 'size-ack' || sender !== author || target !== self) {
        counters.unasked += 1;
        return;
      }
      const next = test.take(decoded.datagram, clock.monotonic());
      if (next !== undefined) send(next.nonce, next.bytes);
    },
    hasten(now) {
      if (isMine) test.hasten(now);
    },
    drop: () => test.drop(),
    told: () => test.told(),
    view: () => test.view(),
  };
}
