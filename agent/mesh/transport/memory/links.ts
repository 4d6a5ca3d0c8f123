/** The connections of one transport in memory, with the streams on them. */
import type { ByteChannel } from '../channel.ts';
import type { ConnectedPeer, DisconnectReason, OpenFailure, TransportEvent } from '../types.ts';
import type { MemoryNetwork } from './network.ts';
import { type Pipe, createPipe } from './pipe.ts';
import type { MemoryTransport } from './transport.ts';

interface Side {
  readonly row: ConnectedPeer;
  readonly peer: MemoryTransport;
  /** Streams on the connection, shared by both sides. */
  readonly pipes: Set<Pipe>;
}

export interface MemoryLinks {
  has(peerId: string): boolean;
  rows(): readonly ConnectedPeer[];
  /** Connects both sides. */
  join(target: MemoryTransport, address: string, own: MemoryTransport): void;
  /** One side of it. */
  add(row: ConnectedPeer, peer: MemoryTransport, pipes: Set<Pipe>): void;
  /** Ends it on both sides, with our reason here and `remote` there. */
  break(peerId: string, why: DisconnectReason): void;
  /** Ends those with peers that are not kept. */
  breakUnless(isKept: (peer: MemoryTransport) => boolean): void;
  open(peerId: string, protocol: string, signal: AbortSignal): Promise<ByteChannel | OpenFailure>;
  tell(peerId: string, topic: string, bytes: Uint8Array): void;
  stranger(): void;
  strangers(): number;
}

/** As libp2p's. */
const OPEN_MS = 5000;

export function createMemoryLinks(
  ownPeerId: string,
  network: MemoryNetwork,
  emit: (event: TransportEvent) => void,
): MemoryLinks {
  const sides = new Map<string, Side>();
  let strangers = 0;
  const links: MemoryLinks = {
    has: (peerId) => sides.has(peerId),
    rows: () => [...sides.values()].map(({ row }) => row),
    join(target, address, own) {
      const pipes = new Set<Pipe>();
      const from = own.listening()[0] ?? '127.0.0.1:1';
      links.add({ peerId: target.peerId, address, direction: 'outbound' }, target, pipes);
      target.links.add({ peerId: ownPeerId, address: from, direction: 'inbound' }, own, pipes);
    },
    add(row, peer, pipes) {
      sides.set(row.peerId, { row, peer, pipes });
      emit({ kind: 'connected', ...row });
    },
    break(peerId, why) {
      const side = sides.get(peerId);
      if (side === undefined) return;
      sides.delete(peerId);
      for (const pipe of side.pipes) pipe.break();
      side.pipes.clear();
      emit({ kind: 'disconnected', peerId, why });
      side.peer.links.break(ownPeerId, 'remote');
    },
    breakUnless(isKept) {
      for (const [peerId, { peer }] of sides) if (!isKept(peer)) links.break(peerId, 'local');
    },
    async open(peerId, protocol, signal) {
      const side = sides.get(peerId);
      if (side === undefined) return 'not-connected';
      const pipe = createPipe(
        (deliver) => network.carry(ownPeerId, peerId, deliver),
        (deliver) => network.carry(peerId, ownPeerId, deliver),
      );
      const answer = new AbortController();
      let result: OpenFailure | undefined = 'closed';
      network.carry(ownPeerId, peerId, () => {
        if (sides.get(peerId) !== side) return answer.abort();
        side.pipes.add(pipe);
        const refused = side.peer.accept(ownPeerId, protocol, pipe.far);
        network.carry(peerId, ownPeerId, () => {
          result = refused;
          answer.abort();
        });
      });
      await network.clock.sleep(OPEN_MS, AbortSignal.any([signal, answer.signal]));
      if (signal.aborted) result = 'aborted';
      else if (sides.get(peerId) !== side) result = 'closed';
      if (result === undefined) return pipe.near;
      pipe.break();
      return result;
    },
    tell(peerId, topic, bytes) {
      const side = sides.get(peerId);
      if (side === undefined) return;
      network.carry(ownPeerId, peerId, () => {
        if (sides.get(peerId) === side) side.peer.receive(ownPeerId, topic, bytes);
      });
    },
    stranger: () => void (strangers += 1),
    strangers: () => strangers,
  };
  return links;
}
