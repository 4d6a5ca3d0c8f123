/**
 * The network between transports in memory: who listens where, how long a way takes, and which ways are cut. A cut way
 * behaves as a firewall that drops: what is under way arrives after it is mended, and dials time out.
 */
import type { Clock } from '../../../base/clock.ts';
import type { MemoryTransport } from './transport.ts';

export interface MemoryNetworkOptions {
  /** One way, between any two. */
  readonly latencyMs?: number;
}

export interface MemoryNetwork {
  readonly clock: Clock;
  readonly latencyMs: number;
  /** Drops everything from one peer to the other, and the other way round unless `oneWay`. */
  cut(from: string, to: string, options?: { readonly oneWay?: boolean }): void;
  mend(from: string, to: string): void;
  mendAll(): void;
  /** Loses the connection between two peers, as when a host resets it; they may dial again. */
  lose(one: string, other: string): void;
  /** Calls `deliver` after the latency, in the order of the calls from one peer to the other. */
  carry(from: string, to: string, deliver: () => void): void;
  isCut(from: string, to: string): boolean;
  register(transport: MemoryTransport): void;
  unregister(transport: MemoryTransport): void;
  at(address: string): MemoryTransport | undefined;
}

export function createMemoryNetwork(clock: Clock, { latencyMs = 1 }: MemoryNetworkOptions = {}): MemoryNetwork {
  const byAddress = new Map<string, MemoryTransport>();
  const cuts = new Set<string>();
  const held = new Map<string, (() => void)[]>();
  const way = (from: string, to: string): string => `${from} ${to}`;
  const mend = (from: string, to: string): void => {
    for (const key of [way(from, to), way(to, from)]) {
      cuts.delete(key);
      const waiting = held.get(key) ?? [];
      held.delete(key);
      for (const deliver of waiting) deliver();
    }
  };
  return {
    clock,
    latencyMs,
    cut(from, to, { oneWay = false } = {}) {
      cuts.add(way(from, to));
      if (!oneWay) cuts.add(way(to, from));
    },
    mend,
    mendAll() {
      for (const key of cuts) {
        const [from = '', to = ''] = key.split(' ');
        mend(from, to);
      }
    },
    lose(one, other) {
      const transport = [...byAddress.values()].find(({ peerId }) => peerId === one);
      transport?.breakLink(other, 'remote');
    },
    carry(from, to, deliver) {
      const key = way(from, to);
      clock.after(latencyMs, () => {
        if (!cuts.has(key)) return deliver();
        held.set(key, [...(held.get(key) ?? []), deliver]);
      });
    },
    isCut: (from, to) => cuts.has(way(from, to)),
    register: (transport) => transport.listening().forEach((address) => byAddress.set(address, transport)),
    unregister: (transport) => transport.listening().forEach((address) => byAddress.delete(address)),
    at: (address) => byAddress.get(address),
  };
}
