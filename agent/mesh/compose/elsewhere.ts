/** Who answers probes in the place of others: an agent that lost its key lives where its earlier self lived. */
import type { Observation, ProbeAddress } from '../probes/observation.ts';
import { addressOf, formatAddress } from '../transport/address.ts';

export interface Stranger {
  /** Author prefix of who answers, as hexadecimal digits. */
  readonly author: string;
  /** Monotonic, ms: since when it does, and when it did last. */
  readonly sinceMs: number;
  readonly seenMs: number;
}

export interface Elsewhere {
  note(seen: Observation): void;
  /** Who answers at an address of this peer. */
  at(peerId: string, address: string): Stranger | undefined;
}

const MAX_PEERS = 1024;

export function createElsewhere(): Elsewhere {
  const strangers = new Map<string, Map<string, Stranger>>();
  return {
    note(seen) {
      if (seen.kind === 'answered') strangers.delete(seen.peerId);
      if (seen.kind !== 'missed' || seen.cause !== 'other-agent' || seen.detail === undefined) return;
      const address = textOf(seen.address);
      const found = strangers.get(seen.peerId) ?? new Map<string, Stranger>();
      const before = found.get(address);
      const sinceMs = before?.author === seen.detail ? before.sinceMs : seen.at;
      found.set(address, { author: seen.detail, sinceMs, seenMs: seen.at });
      strangers.set(seen.peerId, found);
      const oldest = strangers.size > MAX_PEERS ? strangers.keys().next().value : undefined;
      if (oldest !== undefined) strangers.delete(oldest);
    },
    at: (peerId, address) => strangers.get(peerId)?.get(address),
  };
}

function textOf({ host, port }: ProbeAddress): string {
  const address = addressOf(host, port);
  return address === undefined ? host : formatAddress(address);
}
