/** A connection between two virtual processes: a lane each way, and what each end knows of it. */
import type { ByteChannel } from '../../../agent/mesh/transport/channel.ts';
import type { ConnectedPeer, DisconnectReason } from '../../../agent/mesh/transport/types.ts';
import type { Air } from './air.ts';
import type { VirtualTransport } from './transport.ts';
import { type Lane, createLane, sendDatagram } from './wire.ts';

export interface ConnectionEnd {
  readonly row: ConnectedPeer;
  /** Runs over there, in the order of the calls, when it has arrived. */
  tell(deliver: (there: VirtualTransport, theirEnd: ConnectionEnd) => void): void;
  /** The same from there to here; called by what runs over there. */
  hear(deliver: () => void): void;
  /** A stream on the connection ends with it. The signal is aborted then. */
  hold(channel: ByteChannel): AbortSignal;
  /** Resolves when the other end has answered. */
  ping(signal: AbortSignal): Promise<void>;
  /** Ends it here at once; the other end hears of it when it can. */
  close(why: DisconnectReason): void;
  kernelCloses(): void;
  /** Ended here, without an event: another connection to the peer has taken its place. */
  replace(): void;
  /** The other end is over. */
  lost(): void;
  isOver(): boolean;
}

/** Why a signal is aborted: an error that nobody reads, with its stack, costs more than all that follows from it. */
export const OVER = 'over';

/** Connects both at once. Whoever had another connection with the same peer drops it. */
export function connectEnds(dialler: VirtualTransport, target: VirtualTransport, air: Air): void {
  const [from, to] = [dialler.options.host, target.options.host];
  const there = createLane(air.queue, air.network, from, to);
  const back = createLane(air.queue, air.network, to, from);
  const outbound: ConnectedPeer = {
    peerId: target.peerId,
    address: target.options.address,
    direction: 'outbound',
  };
  const inbound: ConnectedPeer = { peerId: dialler.peerId, address: dialler.options.address, direction: 'inbound' };
  const near: ConnectionEnd = new End(dialler, target, outbound, { there, back }, () => far, air);
  const far: ConnectionEnd = new End(target, dialler, inbound, { there: back, back: there }, () => near, air);
  const before = target.ends.get(dialler.peerId);
  before?.replace();
  dialler.ends.set(target.peerId, near);
  target.ends.set(dialler.peerId, far);
  dialler.emit({ kind: 'connected', ...outbound });
  if (before === undefined) target.emit({ kind: 'connected', ...inbound });
}

class End implements ConnectionEnd {
  readonly row: ConnectedPeer;
  readonly #own: VirtualTransport;
  readonly #other: VirtualTransport;
  readonly #lanes: { readonly there: Lane; readonly back: Lane };
  readonly #otherEnd: () => ConnectionEnd;
  readonly #air: Air;
  readonly #channels = new Set<ByteChannel>();
  readonly #over = new AbortController();

  constructor(
    own: VirtualTransport,
    other: VirtualTransport,
    row: ConnectedPeer,
    lanes: { readonly there: Lane; readonly back: Lane },
    otherEnd: () => ConnectionEnd,
    air: Air,
  ) {
    this.#own = own;
    this.#other = other;
    this.row = row;
    this.#lanes = lanes;
    this.#otherEnd = otherEnd;
    this.#air = air;
  }

  tell(deliver: (there: VirtualTransport, theirEnd: ConnectionEnd) => void): void {
    this.#lanes.there.send(() => {
      const { process } = this.#other;
      if (!process.isAlive()) return this.#reset();
      process.run(() => {
        const theirEnd = this.#otherEnd();
        // What was sent again and again through a cut is for nobody when the other end has been closed meanwhile.
        if (!theirEnd.isOver()) deliver(this.#other, theirEnd);
      });
    });
  }

  hear(deliver: () => void): void {
    this.#lanes.back.send(() => this.#own.process.run(deliver));
  }

  hold(channel: ByteChannel): AbortSignal {
    if (this.#over.signal.aborted) channel.abort('closed');
    else this.#channels.add(channel);
    return this.#over.signal;
  }

  ping(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('no answer')), { once: true });
      this.tell(() => this.hear(resolve));
    });
  }

  close(why: DisconnectReason): void {
    if (!this.#end()) return;
    this.#own.ends.delete(this.row.peerId);
    this.tell((_, theirEnd) => theirEnd.lost());
    this.#own.emit({ kind: 'disconnected', peerId: this.row.peerId, why });
  }

  kernelCloses(): void {
    this.#over.abort(OVER);
    this.tell((_, theirEnd) => theirEnd.lost());
  }

  replace(): void {
    if (this.#end()) this.tell((_, theirEnd) => theirEnd.lost());
  }

  isOver(): boolean {
    return this.#over.signal.aborted;
  }

  lost(): void {
    if (!this.#end()) return;
    if (this.#own.ends.get(this.row.peerId) !== this) return;
    this.#own.ends.delete(this.row.peerId);
    this.#own.emit({ kind: 'disconnected', peerId: this.row.peerId, why: 'remote' });
  }

  /** False when it was over before. */
  #end(): boolean {
    if (this.#over.signal.aborted) return false;
    this.#over.abort(OVER);
    for (const channel of this.#channels) channel.abort('closed');
    this.#channels.clear();
    return true;
  }

  /** The kernel over there knows of no such connection. */
  #reset(): void {
    const { host } = this.#own.options;
    sendDatagram(this.#air, this.#other.options.host, host, () => this.#own.process.run(() => this.lost()));
  }
}
