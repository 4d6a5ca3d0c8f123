/** Who listens where in a virtual cluster. */
import type { EventQueue } from '../event-queue.ts';
import type { Network } from '../network.ts';
import type { VirtualTransport } from './transport.ts';
import type { ProbeEars } from './probes.ts';

export interface Air {
  readonly queue: EventQueue;
  readonly network: Network;
  /** Name of the host with this address, `10.0.0.7:7576`. */
  hostAt(address: string): string | undefined;
  transportAt(address: string): VirtualTransport | undefined;
  listen(address: string, transport: VirtualTransport): void;
  unlisten(address: string, transport: VirtualTransport): void;
  /** Where datagrams to the address arrive. */
  readonly ears: Map<string, ProbeEars>;
}

export function createAir(queue: EventQueue, network: Network, addresses: ReadonlyMap<string, string>): Air {
  const transports = new Map<string, VirtualTransport>();
  return {
    queue,
    network,
    hostAt: (address) => addresses.get(address),
    transportAt: (address) => transports.get(address),
    listen: (address, transport) => void transports.set(address, transport),
    unlisten(address, transport) {
      if (transports.get(address) === transport) transports.delete(address);
    },
    ears: new Map(),
  };
}
