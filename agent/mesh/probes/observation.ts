/** What the probes see; the edge's state machine makes its sense of it. */
import type { ClockSample } from './clock-sample.ts';
import type { StateStamp } from './datagram.ts';
import type { Loss } from './loss.ts';
import type { TcpLookResult } from './tcp-look.ts';

/** Where a peer listens: the same port number for UDP (probes) and TCP (gossip) unless `tcpPort` says otherwise. */
export interface ProbeAddress {
  /** An IP literal. */
  readonly host: string;
  readonly port: number;
  readonly tcpPort?: number;
}

export interface ProbeTarget {
  readonly peerId: string;
  /** The raw 32-byte Ed25519 key of the peer. */
  readonly authorKey: Uint8Array;
  /** At most 4 are used: the one that answers, the next after each miss. */
  readonly addresses: readonly ProbeAddress[];
  /** Mean time between two pings, at least 100; the real one varies by 10 %. */
  readonly paceMs: number;
}

/**
 * - `timeout`: no answer in 500 ms
 * - `refused`: the peer's kernel says that nobody listens: the host is alive
 * - `unreachable`: a router or the own neighbour table says so
 * - `own-fault`: nothing left this node
 * - `other-agent`: another agent of this cluster answers at this address
 */
export type MissCause = 'timeout' | 'refused' | 'unreachable' | 'own-fault' | 'other-agent';

interface Seen {
  readonly peerId: string;
  /** On the own monotonic clock, ms. */
  readonly at: number;
}

export interface Answered extends Seen {
  readonly kind: 'answered';
  readonly address: ProbeAddress;
  /** Its miss was reported before: alive, but slower than 500 ms. */
  readonly isLate: boolean;
  /** Without the peer's own time; missing where a pause of this process lies in between. */
  readonly rttMs?: number;
  readonly clock?: ClockSample;
  readonly state: StateStamp;
  readonly loss: Loss;
}

export interface Missed extends Seen {
  readonly kind: 'missed';
  readonly address: ProbeAddress;
  readonly cause: MissCause;
  /** The system's error code, or the author prefix of the other agent. */
  readonly detail?: string;
  /** When the ping left, on the own monotonic clock. */
  readonly sentAt: number;
  readonly loss: Loss;
}

/** A fresh ping of the peer arrived: this direction works. */
export interface Pinged extends Seen {
  readonly kind: 'pinged';
  readonly state: StateStamp;
  readonly loss: Loss;
}

export interface Looked extends Seen {
  readonly kind: 'tcp-look';
  readonly result: TcpLookResult;
  readonly tookMs: number;
  readonly code?: string;
}

export type Observation = Answered | Missed | Pinged | Looked;

/** This process stood still, or was too busy to look at its timers: what it missed says nothing about its peers. */
export interface Away {
  readonly at: number;
  /** So much later than due did a timer run, in ms; more than 200. */
  readonly lateMs: number;
}
