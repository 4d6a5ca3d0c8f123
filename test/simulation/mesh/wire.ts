/** What lies between processes: datagrams, and bytes in order that are sent again until they arrive. */
import type { EventQueue } from '../event-queue.ts';
import type { Network } from '../network.ts';

/** A path for bytes in one direction between two hosts, as TCP has it. */
export interface Lane {
  /** Calls `deliver` once, in the order of the calls, when the bytes have arrived at the other host. */
  send(deliver: () => void): void;
  /** Nothing is sent again: the connection is over at this end. */
  close(): void;
}

/** Linux' least retransmission time-out, and where its doubling is taken to end. */
const RTO_MS = 200;
const LONGEST_RTO_MS = 5000;
/** The second SYN of a connection attempt. */
const SYN_RETRY_MS = 1000;

export function createLane(queue: EventQueue, network: Network, from: string, to: string): Lane {
  const waiting: (() => void)[] = [];
  let isOpen = true;
  let isTrying = false;
  let rtoMs = RTO_MS;
  let lastArrivalMs = 0;

  const pump = (): void => {
    while (waiting.length > 0 && !isTrying) {
      if (!isOpen || !network.host(from).isOn) return;
      const delayMs = network.host(to).isOn ? network.pass(from, to) : undefined;
      if (delayMs === undefined) {
        isTrying = true;
        queue.after(rtoMs, () => {
          isTrying = false;
          pump();
        });
        rtoMs = Math.min(LONGEST_RTO_MS, 2 * rtoMs);
        return;
      }
      rtoMs = RTO_MS;
      lastArrivalMs = Math.max(lastArrivalMs, queue.now() + delayMs);
      const deliver = waiting.shift();
      // What leaves a host arrives, whatever becomes of the path meanwhile.
      queue.at(lastArrivalMs, () => network.host(to).isOn && deliver?.());
    }
  };
  return {
    send(deliver) {
      waiting.push(deliver);
      pump();
    },
    close() {
      isOpen = false;
      waiting.length = 0;
    },
  };
}

/** How long a TCP handshake takes; undefined where it does not end within the limit. */
export function handshakeMs(network: Network, from: string, to: string, limitMs: number): number | undefined {
  for (let startMs = 0; startMs < limitMs; startMs += SYN_RETRY_MS) {
    const there = network.pass(from, to);
    const back = network.pass(to, from);
    if (there !== undefined && back !== undefined && network.host(to).isOn) return startMs + there + back;
  }
  return undefined;
}

/** Delivers a datagram to the other host, or loses it. */
export function sendDatagram(
  { queue, network }: { readonly queue: EventQueue; readonly network: Network },
  from: string,
  to: string,
  deliver: () => void,
): void {
  if (!network.host(from).isOn) return;
  const delayMs = network.pass(from, to);
  if (delayMs !== undefined) queue.after(delayMs, () => network.host(to).isOn && deliver());
}
